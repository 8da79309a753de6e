using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Addons.Tests.Drivers.Kubernetes;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>An installation on one of the engines in which add-ons are looked at.</summary>
internal sealed class PrecheckSite : IAsyncDisposable
{
    private readonly OwnDatabase? _database;

    private PrecheckSite(OwnDatabase? database, StagedoorApp app) => (_database, Site) = (database, new(app));

    public AddonSite Site { get; }

    public StagedoorApp App => Site.App;

    public HttpClient Admin => Site.App.Admin;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<PrecheckSite> StartAsync(string engine, params (string Key, string Value)[] settings)
    {
        var database = engine is "postgresql" ? await OwnDatabase.CreateAsync() : null;
        return new(database, await StagedoorApp.StartAsync([("Gateway:PasswordIterations", "10000"), .. settings, .. database?.Settings ?? []]));
    }

    /// <summary>One more of what an installation has: its settings.</summary>
    public IEnumerable<(string Key, string Value)> Settings => [("Gateway:PasswordIterations", "10000"), .. _database?.Settings ?? []];

    public string Path(string cluster) => $"{Site.Clusters}/{cluster}/addons/precheck";

    /// <summary>A cluster with an add-on <c>probe</c> of version 1.0.0 in it.</summary>
    public async Task<(string Cluster, string Instance)> InstallAsync(ApiServer? server = null, params (string Path, string Text)[] files)
    {
        var cluster = server is null ? await Site.RegisterAsync("checked") : await Site.RegisterAsync("checked", server);
        await PublishAsync("1.0.0", files);
        return (cluster, await App.InstallAsync(cluster, "probe", "1.0.0"));
    }

    public Task PublishAsync(string version, params (string Path, string Text)[] files) => Site.PublishAsync(AddonSite.Chart("probe", version, files));

    /// <summary>An entry of a request.</summary>
    public static object Upgrade(string instance, string version = "1.1.0", object? values = null) =>
        new { addonTemplateName = "probe", addonInstanceID = instance, targetVersion = version, type = "addonUpgrade", values };

    public static object Body(string cluster, params object[] addons) => new { kind = "AddonCheck", apiVersion = "v3", spec = new { clusterID = cluster, addonList = addons } };

    /// <summary>Asks for a look before an upgrade, and gives what was found.</summary>
    public Task<JsonElement> CheckAsync(string cluster, string instance, string version = "1.1.0", object? values = null) => CheckAsync(cluster, Upgrade(instance, version, values));

    /// <summary>Asks for a look, and gives what was found.</summary>
    public async Task<JsonElement> CheckAsync(string cluster, object addon)
    {
        using var response = await Admin.PostAsJsonAsync(Path(cluster), Body(cluster, addon), Cancellation);
        await AddonSite.ReadAsync(response);
        return await WaitAsync(cluster);
    }

    /// <summary>Waits until the latest look is done.</summary>
    public async Task<JsonElement> WaitAsync(string cluster)
    {
        JsonElement task = default;
        await Eventually.TrueAsync("what the precheck has found", TimeSpan.FromSeconds(60), async () =>
        {
            task = (await ListAsync(cluster))[0];
            return StatusOf(task) is "Success" or "Failed";
        });
        return task;
    }

    public async Task<IReadOnlyList<JsonElement>> ListAsync(string cluster, string query = "")
    {
        using var response = await Admin.GetAsync($"{Path(cluster)}/tasks?{query}", Cancellation);
        var list = await AddonSite.ReadAsync(response);
        Assert.Equal(list.GetProperty("items").GetArrayLength(), list.GetProperty("pageInfo").GetProperty("currentCount").GetInt32());
        return [.. list.GetProperty("items").EnumerateArray()];
    }

    public static string StatusOf(JsonElement task) => task.GetProperty("status").GetProperty("status").GetString()!;

    /// <summary>The risks that are there, each with its level.</summary>
    public static IReadOnlyList<string> RisksOf(JsonElement task) =>
    [
        .. task.GetProperty("status").GetProperty("riskList").EnumerateArray().Where(static r => r.GetProperty("status").GetString() is "Failed")
            .Select(static r => $"{r.GetProperty("riskName").GetString()} {r.GetProperty("level").GetString()}"),
    ];

    public static string MessageOf(JsonElement task) => task.GetProperty("status").GetProperty("message").GetString()!;

    /// <summary>There is this risk and no other, and it says so.</summary>
    public static void ShouldFind(JsonElement task, string risk, string message)
    {
        Assert.True(StatusOf(task) is "Failed" && RisksOf(task) is [var found] && found == risk, task.GetRawText());
        Assert.Contains(message, MessageOf(task), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }
}
