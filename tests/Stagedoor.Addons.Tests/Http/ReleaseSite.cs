using System.Net;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>An installation with a cluster of files.</summary>
public sealed class ReleaseSite : IAsyncLifetime
{
    public AddonSite Site { get; } = new();

    public StagedoorApp App => Site.App;

    /// <summary>The id of the cluster.</summary>
    public string Cluster { get; private set; } = "";

    public string Releases => $"/cce/cam/v3/clusters/{Cluster}/releases";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await Site.InitializeAsync();
        Cluster = await Site.RegisterAsync("releases-cluster");
    }

    public ValueTask DisposeAsync() => Site.DisposeAsync();

    /// <summary>A body that installs a chart.</summary>
    public static object Wish(string chart, string name, object? values = null, object? parameters = null) =>
        new { chart_id = chart, name, @namespace = "default", description = "", parameters = parameters ?? new { }, values = values ?? new { } };

    /// <summary>A body that changes a release.</summary>
    public static object Change(string chart, string action, object? parameters = null, object? values = null) =>
        new { chart_id = chart, action, parameters = parameters ?? new { }, values = values ?? new { } };

    public string Release(string name) => $"/cce/cam/v3/clusters/{Cluster}/namespace/default/releases/{name}";

    /// <summary>Where the files of a release are.</summary>
    public string Folder(string name) => Path.Combine(App.DataDirectory, "gitops", "clusters", Cluster, "default", name);

    /// <summary>The files of a release, one behind the other.</summary>
    public string File(string name) => string.Concat(Directory.EnumerateFiles(Folder(name), "*.yaml").Order(StringComparer.Ordinal).Select(System.IO.File.ReadAllText));

    /// <summary>Uploads a chart and gives its id.</summary>
    public async Task<string> UploadAsync(string name, string version, params (string Path, string Text)[] more) =>
        (await Site.UploadAsync(AddonSite.Chart(name, version, more))).GetProperty("id").GetString()!;

    /// <summary>Waits until a release is as it should be.</summary>
    public async Task<JsonElement> WaitAsync(string name, string status, int version)
    {
        JsonElement found = default;
        for (var i = 0; i < 300; i++)
        {
            using var response = await App.Admin.GetAsync(Release(name), Cancellation);
            found = await AddonSite.ReadAsync(response, 200);
            if (found.GetProperty("status").GetString() == status && found.GetProperty("version").GetInt32() == version)
            {
                return found;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
        }

        Assert.Fail($"{status} {version} did not come; it is {found}");
        return default;
    }

    /// <summary>Waits until a release is not there any more.</summary>
    public async Task WaitGoneAsync(string name)
    {
        for (var i = 0; i < 300; i++)
        {
            using var response = await App.Admin.GetAsync(Release(name), Cancellation);
            if (response.StatusCode is HttpStatusCode.NotFound)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
        }

        Assert.Fail($"{name} does not go.");
    }
}
