using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Stagedoor.Addons.Tests.Http;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.RealCluster;

/// <summary>An installation beside a real API server, that of <c>STAGEDOOR_KUBECONFIG</c>. Each test has a namespace of its own; without a server they are skipped.</summary>
public sealed class RealClusterSite : IAsyncLifetime
{
    private const string Missing = "There is no Kubernetes here: ./test --kubernetes compiles one, and STAGEDOOR_KUBECONFIG names one.";

    private readonly string? _path = Environment.GetEnvironmentVariable("STAGEDOOR_KUBECONFIG");
    private readonly string _run = Guid.NewGuid().ToString("N")[..6];
    private readonly ConcurrentBag<string> _spaces = [];
    private PlayedKubelet? _kubelet;

    public AddonSite Site { get; } = new();

    public StagedoorApp App => Site.App;

    /// <summary>What kubectl and other clients would be: not a part of Stagedoor.</summary>
    public Kubernetes Client { get; private set; } = null!;

    /// <summary>The text of the kubeconfig.</summary>
    public string Kubeconfig { get; private set; } = "";

    /// <summary>The group of the definitions of this run.</summary>
    public string Group => $"{_run}.stagedoor.test";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (string.IsNullOrEmpty(_path))
        {
            return;
        }

        Kubeconfig = await File.ReadAllTextAsync(_path, Cancellation);
        Client = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(_path));
        _kubelet = new(Client);
        await _kubelet.StartAsync(Cancellation);
        await Site.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_kubelet is not null)
        {
            // What tests leave goes with its namespaces; whoever runs them may have lent the cluster.
            foreach (var space in _spaces)
            {
                await RemoveAsync(() => Client.CoreV1.DeleteNamespaceAsync(space));
            }

            await RemoveAsync(() => Client.ApiextensionsV1.DeleteCustomResourceDefinitionAsync($"probes.{Group}"));
            await _kubelet.DisposeAsync();
            Client.Dispose();
            await Site.DisposeAsync();
        }
    }

    /// <summary>A name that no other run has, of a namespace that goes with this one.</summary>
    public string Name(string name)
    {
        _spaces.Add($"{name}-{_run}");
        return $"{name}-{_run}";
    }

    private static async Task RemoveAsync(Func<Task> remove)
    {
        try
        {
            await remove();
        }
        catch (HttpOperationException e) when (e.Response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            // It never was, or goes already.
        }
    }

    /// <summary>Skips the test where there is no server.</summary>
    public void Require() => Assert.SkipWhen(_kubelet is null, Missing);

    /// <summary>Registers the server as a cluster, under a name of its own; answers the id.</summary>
    public async Task<string> RegisterAsync(string name, string? kubeconfig = null)
    {
        Dictionary<string, string> annotations = new(StringComparer.Ordinal)
        {
            ["stagedoor.io/driver"] = "kubernetes",
            ["stagedoor.io/kubeconfig"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(kubeconfig ?? Kubeconfig)),
        };
        var version = (await Client.Version.GetCodeAsync(Cancellation)).GitVersion;
        using var response = await App.Admin.PostAsJsonAsync(Site.Clusters, AddonSite.Cluster(name, version, annotations), Cancellation);
        return (await AddonSite.ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;
    }

    /// <summary>Publishes a version whose add-on lives in a namespace of that name.</summary>
    public Task PublishAsync(string name, string version, params (string Path, string Text)[] files) =>
        Site.PublishAsync(AddonSite.Chart(name, version, [("addon.yaml", $"namespace: {name}\n"), .. files]));

    /// <summary>Sends an upgrade.</summary>
    public async Task PutAsync(string id, string cluster, string template, string version, string? policy = null)
    {
        Dictionary<string, string> annotations = new(StringComparer.Ordinal);
        if (policy is not null)
        {
            annotations["addon.upgrade/conflicts"] = policy;
        }

        using var response = await App.Admin.PutAsJsonAsync($"{InstanceSite.Root}/{id}", InstanceSite.Upgrade(cluster, template, version, annotations: annotations), Cancellation);
        await AddonSite.ReadAsync(response);
    }

    /// <summary>What <c>diff</c> tells of an instance.</summary>
    public async Task<JsonElement> DiffAsync(string id) => (await App.Admin.GetFromJsonAsync<JsonElement>($"{InstanceSite.Root}/{id}/diff", Cancellation)).GetProperty("objects");

    /// <summary>The record of a revision as Helm reads it, with nothing of ours.</summary>
    public async Task<JsonElement> RecordAsync(string space, string release, int revision)
    {
        var secret = await Client.CoreV1.ReadNamespacedSecretAsync($"sh.helm.release.v1.{release}.v{revision}", space, cancellationToken: Cancellation);
        Assert.Equal(("helm.sh/release.v1", "helm"), (secret.Type, secret.Metadata.Labels["owner"]));
        using var packed = new MemoryStream(Convert.FromBase64String(Encoding.ASCII.GetString(secret.Data["release"])));
        await using var gzip = new GZipStream(packed, CompressionMode.Decompress);
        return await JsonSerializer.DeserializeAsync<JsonElement>(gzip, cancellationToken: Cancellation);
    }

    /// <summary>The names of the config maps of a namespace, but for the one that the cluster makes.</summary>
    public async Task<string[]> MapsAsync(string space) =>
    [
        .. (await Client.CoreV1.ListNamespacedConfigMapAsync(space, cancellationToken: Cancellation)).Items.Select(static m => m.Metadata.Name)
            .Where(static n => n is not "kube-root-ca.crt").Order(StringComparer.Ordinal),
    ];

    public Task<V1Deployment> DeploymentAsync(string space, string name = "app") => Client.AppsV1.ReadNamespacedDeploymentAsync(name, space, cancellationToken: Cancellation);

    /// <summary>Runs the script that started the server; skips the test where the server is somebody else's.</summary>
    public async Task ControlAsync(string verb)
    {
        var place = Path.Combine(Checkout.Root, "artifacts", "kubernetes", "folder");
        Assert.SkipUnless(
            File.Exists(place) && _path!.StartsWith((await File.ReadAllTextAsync(place, Cancellation)).Trim(), StringComparison.Ordinal),
            "The API server is not of this checkout, so it is not killed.");
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(Checkout.Root, "eng", "kube-apiserver"), [verb]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        Assert.Equal(0, process.ExitCode);
    }
}
