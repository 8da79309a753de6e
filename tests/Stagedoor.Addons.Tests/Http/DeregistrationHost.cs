using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>An installation on one of the engines with clusters of files, a gate before its database, and impatient operations.</summary>
internal sealed class DeregistrationHost : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _files = new();
    private readonly OwnDatabase? _database;

    private DeregistrationHost(OwnDatabase? database) => _database = database;

    public StagedoorApp App { get; private set; } = null!;

    public DatabaseGate Gate { get; } = new();

    /// <summary>Where the clusters are.</summary>
    public string Root => _files.Path;

    public string Clusters => $"/api/v3/projects/{App.FirstRun.ProjectId}/clusters";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private (string Key, string Value)[] Settings =>
        [("Gateway:PasswordIterations", "10000"), ("Addons:Operations:UnreachableSeconds", "0"), ("Addons:GitOps:Roots:0", Root), .. _database?.Settings ?? []];

    public static async Task<DeregistrationHost> StartAsync(string engine)
    {
        var host = new DeregistrationHost(engine is "postgresql" ? await OwnDatabase.CreateAsync() : null);
        host.App = await StagedoorApp.StartAsync(services => host.Gate.Install(services), host.Settings);
        return host;
    }

    /// <summary>Another server on the same stores.</summary>
    public Task<StagedoorApp> JoinAsync() => StagedoorApp.JoinAsync(App, Settings);

    public async Task<string> RegisterAsync(string name)
    {
        using var response = await App.Admin.PostAsJsonAsync(Clusters, AddonSite.Cluster(name), Cancellation);
        return (await AddonSite.ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;
    }

    /// <summary>Publishes a template that may require another one.</summary>
    public async Task PublishAsync(string template, string requires = "")
    {
        using var form = AddonSite.Form(AddonSite.Chart(template, "1.0.0", ("addon.yaml", requires.Length > 0 ? $"requires: [{{name: {requires}}}]\n" : "labels: []\n")));
        using var response = await App.Admin.PostAsync("/api/v3/addontemplates", form, Cancellation);
        await AddonSite.ReadAsync(response, 201);
    }

    /// <summary>Publishes and installs a template; answers the instance's id.</summary>
    public async Task<string> InstallAsync(string cluster, string template, string requires = "")
    {
        await PublishAsync(template, requires);
        return await App.InstallAsync(cluster, template);
    }

    public async Task<JsonElement> UploadAsync(string chart)
    {
        using var form = AddonSite.Form(AddonSite.Chart(chart, "1.0.0"));
        using var response = await App.Admin.PostAsync("/v2/charts", form, Cancellation);
        return await AddonSite.ReadAsync(response, 201);
    }

    public async Task<JsonElement> DeregisterAsync(string cluster, string query)
    {
        using var response = await App.Admin.DeleteAsync($"{Clusters}/{cluster}{query}", Cancellation);
        return await AddonSite.ReadAsync(response);
    }

    public async Task<(string Phase, string Reason, string Message)> ShowAsync(string cluster)
    {
        using var response = await App.Admin.GetAsync($"{Clusters}/{cluster}", Cancellation);
        var status = (await AddonSite.ReadAsync(response)).GetProperty("status");
        return (Of("phase"), Of("reason"), Of("message"));

        string Of(string name) => status.TryGetProperty(name, out var value) ? value.GetString()! : "";
    }

    public Task WaitAsync(string cluster, Func<(string Phase, string Reason, string Message), bool> isSo) =>
        Eventually.TrueAsync("the cluster says what could not be removed", s_patience, async () => isSo(await ShowAsync(cluster)));

    public Task WaitUntilGoneAsync(string cluster) => Eventually.TrueAsync(
        "the cluster is gone",
        s_patience,
        async () =>
        {
            using var response = await App.Admin.GetAsync($"{Clusters}/{cluster}", Cancellation);
            return response.StatusCode is HttpStatusCode.NotFound;
        });

    /// <summary>Where the release of a template is written.</summary>
    public string Release(string cluster, string template) => Path.Combine(Root, "clusters", cluster, "kube-system", $"cceaddon-{template}");

    /// <summary>Puts a file where the folder of a release has to be.</summary>
    public void Block(string cluster, string template)
    {
        Directory.Move(Release(cluster, template), Release(cluster, template) + ".away");
        File.WriteAllText(Release(cluster, template), "x");
    }

    public void Unblock(string cluster, string template)
    {
        File.Delete(Release(cluster, template));
        Directory.Move(Release(cluster, template) + ".away", Release(cluster, template));
    }

    /// <summary>Nothing is known any more of a cluster and what was in it.</summary>
    public void ShouldBeForgotten(string cluster) => Assert.DoesNotContain(
        App.Sabotage("addons").Rows("cluster", "addon_instance", "addon_revision", "addon_event", "chart_release", "chart_release_revision"),
        r => r.Contains(cluster, StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        _files.Dispose();
    }
}
