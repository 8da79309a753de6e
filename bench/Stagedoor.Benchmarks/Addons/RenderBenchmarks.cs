using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Benchmarks.Addons;

/// <summary>
/// What an install pays for rendering: a chart of 100 templates, half deployments and half services, with the helpers that <c>helm create</c> writes. Where the variable
/// <c>CHART</c> names a folder the chart is written there, for others to render.
/// </summary>
[MemoryDiagnoser]
public class RenderBenchmarks
{
    private const int Templates = 100;

    private readonly ChartRenderer _renderer = new(TimeProvider.System, new RenderLimits());
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private Chart _chart = null!;

    [GlobalSetup]
    public void Write()
    {
        Add("Chart.yaml", "apiVersion: v2\nname: bench\nversion: 1.0.0\nappVersion: \"1.0\"\n");
        Add("values.yaml", "replicaCount: 2\nimage: {repository: nginx, tag: \"\"}\nservice: {type: ClusterIP, port: 80}\nresources: {limits: {cpu: 100m, memory: 128Mi}}\nlabels: {team: shop}\n");
        Add("templates/_helpers.tpl", """
            {{- define "bench.fullname" -}}
            {{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}
            {{- end }}
            {{- define "bench.labels" -}}
            helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | quote }}
            app.kubernetes.io/instance: {{ .Release.Name }}
            app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
            {{- with .Values.labels }}
            {{ toYaml . }}
            {{- end }}
            {{- end }}

            """);
        for (var i = 0; i < Templates; i++)
        {
            Add(string.Create(CultureInfo.InvariantCulture, $"templates/{i:d3}.yaml"), (i % 2 == 0 ? Deployment : Service).Replace("@", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        }

        _chart = ChartLoader.Load(_files);
        if (Environment.GetEnvironmentVariable("CHART") is { Length: > 0 } folder)
        {
            foreach (var (path, bytes) in _files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
                File.WriteAllBytes(Path.Combine(folder, path), bytes);
            }
        }
    }

    [Benchmark]
    public async Task<int> Render() => (await _renderer.RenderAsync(_chart, Request(), CancellationToken.None)).Files.Count;

    [Benchmark]
    public async Task<int> LoadAndRender() => (await _renderer.RenderAsync(ChartLoader.Load(_files), Request(), CancellationToken.None)).Files.Count;

    private static RenderRequest Request() => new() { ReleaseName = "demo", Namespace = "default", Values = new GoMap(), Capabilities = new("v1.28.0", []) };

    private void Add(string path, string text) => _files[path] = Encoding.UTF8.GetBytes(text);

    private const string Deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{ include "bench.fullname" . }}-@
          labels:
            {{- include "bench.labels" . | nindent 4 }}
        spec:
          replicas: {{ .Values.replicaCount }}
          selector:
            matchLabels: {app: "app-@"}
          template:
            metadata:
              labels: {app: "app-@"}
            spec:
              containers:
                - name: main
                  image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
                  {{- if .Values.resources }}
                  resources:
                    {{- toYaml .Values.resources | nindent 12 }}
                  {{- end }}
                  env:
                    {{- range $i, $name := list "A" "B" "C" }}
                    - {name: {{ $name }}, value: {{ $i | quote }}}
                    {{- end }}

        """;

    private const string Service = """
        apiVersion: v1
        kind: Service
        metadata:
          name: {{ include "bench.fullname" . }}-@
          labels:
            {{- include "bench.labels" . | nindent 4 }}
        spec:
          type: {{ .Values.service.type }}
          ports: [{port: {{ .Values.service.port }}, name: http}]
          selector: {app: "app-@"}

        """;
}
