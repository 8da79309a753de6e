using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Tests.Charts;

/// <summary>A chart of a test, file by file.</summary>
internal sealed class ChartBuilder
{
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    public ChartBuilder(string name = "demo", string more = "") => Add("Chart.yaml", $"apiVersion: v2\nname: {name}\nversion: 1.2.3\n{more}\n");

    public ChartBuilder Add(string path, string text)
    {
        _files[path] = Encoding.UTF8.GetBytes(text);
        return this;
    }

    public ChartBuilder Add(string path, byte[] bytes)
    {
        _files[path] = bytes;
        return this;
    }

    /// <summary>Puts another chart into the folder <c>charts</c>.</summary>
    public ChartBuilder AddChart(ChartBuilder chart, string folder)
    {
        foreach (var (path, bytes) in chart._files)
        {
            _files[$"charts/{folder}/{path}"] = bytes;
        }

        return this;
    }

    /// <summary>Puts another chart into the folder <c>charts</c>, packed.</summary>
    public ChartBuilder AddPackedChart(ChartBuilder chart, string name)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
        {
            foreach (var (path, bytes) in chart._files)
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"{name}/{path}") { DataStream = new MemoryStream(bytes) });
            }
        }

        _files[$"charts/{name}-1.2.3.tgz"] = packed.ToArray();
        return this;
    }

    public Chart Load() => ChartLoader.Load(_files);

    /// <summary>Renders the chart.</summary>
    public Task<RenderedChart> RenderAsync(string values = "", RenderLimits? limits = null, Func<RenderRequest, RenderRequest>? change = null, CancellationToken cancellationToken = default)
    {
        var request = new RenderRequest
        {
            ReleaseName = "rel",
            Namespace = "apps",
            Values = YamlReader.Read(values) as GoMap ?? [],
            Capabilities = new("v1.20.2", ["v1", "apps/v1", "apps/v1/Deployment"]),
        };
        return new ChartRenderer(TimeProvider.System, limits ?? new()).RenderAsync(Load(), change?.Invoke(request) ?? request, cancellationToken);
    }

    /// <summary>Renders one template.</summary>
    public async Task<string> TextAsync(string template, string values = "", CancellationToken cancellationToken = default)
    {
        Add("templates/out.txt", template + "\n.");
        var rendered = await RenderAsync(values, cancellationToken: cancellationToken);
        return rendered.Files.Single(static f => f.Path.EndsWith("/templates/out.txt", StringComparison.Ordinal)).Text[..^2];
    }
}
