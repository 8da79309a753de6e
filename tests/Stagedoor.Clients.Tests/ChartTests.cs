using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using k8s.Models;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>
/// The Helm chart, rendered by the program beside it: no cluster is here. What comes out is read as the API's own types, which take no member that
/// Kubernetes does not know, and its settings are read by the server.
/// </summary>
public sealed class ChartTests(ChartRenderer renderer) : IClassFixture<ChartRenderer>, IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    // The defaults, and each file of examples.
    public static TheoryData<string> Cases =>
        ["", .. Directory.EnumerateFiles(Path.Combine(ChartRenderer.Chart, "ci")).Select(static f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task What_comes_out_is_known_to_Kubernetes_and_fits_together(string values)
    {
        var found = await renderer.RenderAsync(Files(values));

        var pods = Assert.Single(found.OfType<V1StatefulSet>()).Spec;
        var container = Assert.Single(pods.Template.Spec.Containers);
        var names = container.Ports.Select(static p => p.Name).ToList();
        Assert.All(
            found.OfType<V1Service>().SelectMany(static s => s.Spec.Ports),
            port => Assert.Contains(port.TargetPort.Value, names));
        var selectors = found.OfType<V1Service>().Select(static s => s.Spec.Selector)
            .Concat(found.OfType<V1PodDisruptionBudget>().Select(static b => b.Spec.Selector.MatchLabels))
            .Concat(found.OfType<V1NetworkPolicy>().Select(static p => p.Spec.PodSelector.MatchLabels))
            .Append(pods.Selector.MatchLabels);
        Assert.All(selectors, selector => Assert.All(selector, pair => Assert.Equal(pair.Value, pods.Template.Metadata.Labels[pair.Key])));
        Assert.Contains(found.OfType<V1Service>(), s => string.Equals(s.Metadata.Name, pods.ServiceName, StringComparison.Ordinal) && s.Spec.ClusterIP is "None");
        var monitored = found.OfType<ServiceMonitor>().Select(static m => m.Spec.Selector.MatchLabels);
        Assert.All(monitored, labels => Assert.Single(found.OfType<V1Service>(), s => labels.All(l => s.Metadata.Labels.Contains(l))));
        Assert.All(container.VolumeMounts, mount => Assert.Contains(
            mount.Name, pods.Template.Spec.Volumes.Select(static v => v.Name).Concat(pods.VolumeClaimTemplates.Select(static c => c.Metadata.Name))));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_server_takes_the_settings(string values)
    {
        var found = await renderer.RenderAsync(Files(values));
        var file = Path.Combine(_temporary.Path, "stagedoor.json");
        var tls = Path.Combine(_temporary.Path, "tls");
        Directory.CreateDirectory(tls);
        await TestCertificate.IssueAsync(Path.Combine(tls, "tls.crt"), Path.Combine(tls, "tls.key"), "stagedoor");

        // The pair that a secret would bring is looked at, too.
        var settings = Assert.Single(found.OfType<V1ConfigMap>()).Data["stagedoor.json"].Replace("/etc/stagedoor/tls", tls, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, settings, Cancellation);
        var container = found.OfType<V1StatefulSet>().Single().Spec.Template.Spec.Containers[0];
        var variables = (container.Env ?? []).ToDictionary(static e => e.Name, static e => SecretFor(e.Name), StringComparer.Ordinal);

        // As the container is called, but for the file's place.
        string[] arguments = [.. container.Args.Skip(1).Select(a => a.EndsWith(".json", StringComparison.Ordinal) ? file : a)];
        var result = await Tool.RunAsync(StagedoorProcess.Call(["config", "--changed", .. arguments]) with { Environment = variables });

        result.ShouldSucceed();
        Assert.Equal("", result.Error);
        Assert.Contains($"://0.0.0.0:{container.Ports[0].ContainerPort}", result.Output, StringComparison.Ordinal);
        Assert.All(variables.Keys, name => Assert.Contains(name["STAGEDOOR__".Length..].Replace("__", ":", StringComparison.Ordinal), result.Output, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_pod_has_no_rights_and_time_to_end(string values)
    {
        var pod = (await renderer.RenderAsync(Files(values))).OfType<V1StatefulSet>().Single().Spec.Template.Spec;

        var container = Assert.Single(pod.Containers);
        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.False(pod.AutomountServiceAccountToken);
        Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
        Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.Equal("/healthz", container.LivenessProbe.HttpGet.Path);
        Assert.Equal("/readyz", container.ReadinessProbe.HttpGet.Path);
        Assert.Equal("/healthz", container.StartupProbe.HttpGet.Path);
        Assert.True(container.StartupProbe.FailureThreshold * container.StartupProbe.PeriodSeconds >= 600);
        // The server needs up to 10 seconds after the sleep.
        Assert.True(pod.TerminationGracePeriodSeconds >= container.Lifecycle.PreStop.Sleep.Seconds + 15);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Its_test_asks_the_service(string values)
    {
        var found = await renderer.RenderAsync(Files(values));

        var arguments = Assert.Single(found.OfType<V1Pod>()).Spec.Containers.Single().Args;
        var asked = new Uri(arguments[^1]);
        var service = found.OfType<V1Service>().Single(s => string.Equals(s.Metadata.Name, asked.Host, StringComparison.Ordinal));
        Assert.Contains(service.Spec.Ports, p => p.Port == asked.Port && string.Equals(p.Name, asked.Scheme, StringComparison.Ordinal));

        // Nobody is there: it has understood what it was asked.
        (await Tool.RunAsync(StagedoorProcess.Call([.. arguments.SkipLast(1), "http://127.0.0.1:1"]))).ShouldFail("http://127.0.0.1:1 does not answer");
    }

    [Fact]
    public async Task More_than_one_replica_are_spread_and_evicted_one_by_one()
    {
        var one = await renderer.RenderAsync([]);
        var three = await renderer.RenderAsync(Files("ha.yaml"));

        Assert.Empty(one.OfType<V1PodDisruptionBudget>());
        Assert.Equal("1", Assert.Single(three.OfType<V1PodDisruptionBudget>()).Spec.MaxUnavailable.Value);
        var spec = three.OfType<V1StatefulSet>().Single().Spec;
        Assert.Equal(3, spec.Replicas);
        Assert.Contains(spec.Template.Spec.TopologySpreadConstraints, static c => c.TopologyKey is "kubernetes.io/hostname");
    }

    [Theory]
    [InlineData("replicas: 2", "Set storage.database to postgresql")]
    [InlineData("{replicas: 2, storage: {database: postgresql, postgresql: {existingSecret: a}}}", "Set storage.blobs to s3")]
    [InlineData("{replicas: 2, storage: {database: postgresql, postgresql: {existingSecret: a}, blobs: s3, s3: {endpoint: 'http://s3', bucket: b, existingSecret: c}}}", "masterKey.existingSecret")]
    [InlineData("{storage: {database: postgresql}}", "storage.postgresql.existingSecret")]
    [InlineData("{storage: {blobs: s3, s3: {bucket: b}}}", "storage.s3.endpoint")]
    [InlineData("{ingress: {enabled: true}}", "set ingress.host")]
    public async Task What_cannot_work_is_refused(string values, string saying)
    {
        var file = Path.Combine(_temporary.Path, "values.yaml");
        await File.WriteAllTextAsync(file, values, Cancellation);

        (await renderer.RunAsync([file])).ShouldFail(saying);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_values_fit_their_schema(string values)
    {
        var merged = await MergedAsync(values.Length == 0 ? "{}" : await File.ReadAllTextAsync(Files(values)[0], Cancellation));

        Assert.True(await IsValidAsync(merged));
    }

    [Theory]
    [InlineData("replica: 2")]
    [InlineData("replicas: two")]
    [InlineData("replicas: 0")]
    [InlineData("{storage: {database: mysql}}")]
    [InlineData("{service: {port: 70000}}")]
    [InlineData("{storage: {s3: {endpoint: 'http://user:hush@s3'}}}")]
    [InlineData("{ingress: {host: 'not a name'}}")]
    public async Task Values_that_do_not_are_refused(string values) => Assert.False(await IsValidAsync(await MergedAsync(values)));

    private static string SecretFor(string variable) =>
        variable.EndsWith("MasterKey", StringComparison.Ordinal) ? Convert.ToBase64String(new byte[32])
        : variable.EndsWith("PostgreSql", StringComparison.Ordinal) ? "Host=db;Username=stagedoor;Password=set;Database=stagedoor"
        : "set";

    private static string[] Files(string values) => values.Length == 0 ? [] : [Path.Combine(ChartRenderer.Chart, "ci", values)];

    private static async Task<bool> IsValidAsync(JsonObject values)
    {
        var schema = JsonSchema.FromText(await File.ReadAllTextAsync(Path.Combine(ChartRenderer.Chart, "values.schema.json"), Cancellation));
        return schema.Evaluate(JsonSerializer.SerializeToElement(values)).IsValid;
    }

    private static async Task<JsonObject> MergedAsync(string over)
    {
        var values = await Yaml.ReadAsync(Path.Combine(ChartRenderer.Chart, "values.yaml"), Cancellation);
        Merge(values, Yaml.Parse(over));
        return values;
    }

    private static void Merge(JsonObject into, JsonObject over)
    {
        foreach (var (key, value) in over)
        {
            if (into[key] is JsonObject known && value is JsonObject table)
            {
                Merge(known, table);
            }
            else
            {
                into[key] = value?.DeepClone();
            }
        }
    }
}
