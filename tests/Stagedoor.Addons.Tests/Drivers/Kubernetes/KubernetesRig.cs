using Microsoft.Extensions.Options;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Drivers.Kubernetes;
using Stagedoor.Addons.Releases;
using Xunit;

namespace Stagedoor.Addons.Tests.Drivers.Kubernetes;

/// <summary>A cluster with an API server.</summary>
internal sealed class KubernetesRig : IAsyncDisposable
{
    public const string Maps = "/api/v1/namespaces/kube-system/configmaps/";
    public const string Deployments = "/apis/apps/v1/namespaces/kube-system/deployments/";
    public const string Secrets = "/api/v1/namespaces/kube-system/secrets/sh.helm.release.v1.cceaddon-probe.v";

    private KubernetesRig(ApiServer server) => Server = server;

    private static KubernetesDriver NewDriver() => new(new(new(new(), Options.Create(new KubernetesOptions())), TimeProvider.System), TimeProvider.System);

    public ApiServer Server { get; }

    public KubernetesDriver Driver { get; private set; } = NewDriver();

    public ClusterConnection Cluster => new() { Id = "c9", Name = "demo", Version = "v1.28", Kubeconfig = Server.Kubeconfig() };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<KubernetesRig> StartAsync() => new(await ApiServer.StartAsync());

    /// <summary>Works from now on as another process does, which has asked nothing yet.</summary>
    public void Restart() => Driver = NewDriver();

    public static string Deployment(int replicas, string image) => $$$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: app}
        spec:
          replicas: {{{replicas}}}
          selector: {matchLabels: {app: app}}
          template:
            metadata: {labels: {app: app}}
            spec: {containers: [{name: app, image: "{{{image}}}"}]}
        ---

        """;

    public static string Hook(string name, string occasion, string more = "") =>
        $"apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}, annotations: {{helm.sh/hook: {occasion}{more}}}}}\nspec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: a, image: b}}]}}}}}}\n---\n";

    public async Task<List<string>> ApplyAsync(ReleasePlan plan, ClusterConnection? cluster = null)
    {
        var said = new List<string>();
        await foreach (var step in Driver.ApplyAsync(cluster ?? Cluster, plan, Cancellation))
        {
            said.Add(step.Message);
        }

        return said;
    }

    public async Task UninstallAsync(UninstallOptions? options = null)
    {
        await foreach (var _ in Driver.UninstallAsync(Cluster, GitOpsRig.Key, options ?? new(), Cancellation))
        {
            // To its end.
        }
    }

    /// <summary>The objects, without what is another each time.</summary>
    public string State() => string.Join('\n', Server.Objects.OrderBy(static o => o.Key, StringComparer.Ordinal).Select(static o =>
    {
        var content = o.Value.DeepClone().AsObject();
        foreach (var field in (string[])["resourceVersion", "uid", "generation", "managedFields"])
        {
            content["metadata"]!.AsObject().Remove(field);
        }

        content["metadata"]!["labels"]?.AsObject().Remove("modifiedAt");
        content.Remove("status");
        return $"{o.Key} {content.ToJsonString()}";
    }));

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
