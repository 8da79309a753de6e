using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Drivers.GitOps;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Stagedoor.Addons.Tests.Charts;
using Xunit;

namespace Stagedoor.Addons.Tests.Drivers;

/// <summary>A folder with the releases of a cluster.</summary>
internal sealed class GitOpsRig : IDisposable
{
    public static readonly ReleaseKey Key = new("kube-system", "cceaddon-probe");

    private static readonly DateTimeOffset s_now = new(2026, 1, 5, 10, 0, 0, TimeSpan.Zero);

    public string Root { get; } = Directory.CreateTempSubdirectory("gitops").FullName;

    /// <summary>The container of a deployment that <c>KubernetesRig</c> writes.</summary>
    public static WorkloadImage Workload { get; } = new()
    {
        DomainId = "d",
        ClusterId = "c9",
        Namespace = "kube-system",
        Kind = WorkloadKind.Deployment,
        Name = "app",
        Container = "app",
        Image = "shop:2",
        Digest = Digest.Parse($"sha256:{new string('0', 64)}", null),
    };

    public ClusterConnection Cluster { get; set; } = new() { Id = "c9", Name = "demo", Version = "v1.25" };

    public string Folder => Path.Combine(Root, "clusters/c9/kube-system/cceaddon-probe");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public GitOpsDriver Driver(IGitOpsFiles? files = null) => new([Root], files ?? new GitOpsDisk(), new GitRepository(TimeProvider.System), TimeProvider.System);

    public static GoMap Config(string text) => (GoMap)YamlReader.Read(text)!;

    /// <summary>Plans a chart of these templates.</summary>
    public static async Task<ReleasePlan> PlanAsync(int revision, string templates, string crds = "", string owner = "i1", ReleaseKey? key = null)
    {
        var builder = new ChartBuilder("probe").Add("templates/all.yaml", templates);
        if (crds.Length > 0)
        {
            builder.Add("crds/all.yaml", crds);
        }

        var rendered = await builder.RenderAsync(cancellationToken: Cancellation);
        return ReleasePlan.Of(rendered, new()
        {
            Key = key ?? Key,
            Revision = revision,
            Chart = builder.Load(),
            Config = new() { ["custom"] = new GoMap { ["level"] = "info" } },
            Now = s_now,
            OwnerId = owner,
        });
    }

    public static string ConfigMap(string name, string value, string more = "") => $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}{more}}}\ndata: {{v: \"{value}\"}}\n---\n";

    public async Task ApplyAsync(ReleasePlan plan, IGitOpsFiles? files = null)
    {
        await foreach (var _ in Driver(files).ApplyAsync(Cluster, plan, Cancellation))
        {
            // To its end.
        }
    }

    public async Task UninstallAsync(UninstallOptions? options = null, IGitOpsFiles? files = null)
    {
        await foreach (var _ in Driver(files).UninstallAsync(Cluster, Key, options ?? new(), Cancellation))
        {
            // To its end.
        }
    }

    public async Task<ReleaseRecord?> ReadAsync() => await Driver().ReadReleaseAsync(Cluster, Key, Cancellation);

    public async Task<HealthReport> HealthAsync() => await Driver().HealthAsync(Cluster, Key, Cancellation);

    public IReadOnlyList<string> Files() => [.. Directory.GetFiles(Folder).Select(static f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    public string Text(string name) => File.ReadAllText(Path.Combine(Folder, name));

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
