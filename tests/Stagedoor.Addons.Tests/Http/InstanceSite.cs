using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>What tests of installed add-ons say over HTTP.</summary>
internal static class InstanceSite
{
    public const string Root = "/api/v3/addons";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A body that installs a template, to be spoilt by tests.</summary>
    public static JsonObject Install(string cluster, string template, string? version = null, object? values = null, object? annotations = null) =>
        Body("install", cluster, template, version, values, annotations);

    /// <summary>A body that upgrades an instance.</summary>
    public static JsonObject Upgrade(string cluster, string template, string? version, object? values = null, object? annotations = null) =>
        Body("upgrade", cluster, template, version, values, annotations);

    /// <summary>Installs, and waits until it runs; answers the id.</summary>
    public static async Task<string> InstallAsync(this StagedoorApp app, string cluster, string template, string? version = null, object? values = null)
    {
        using var response = await app.Admin.PostAsJsonAsync(Root, Install(cluster, template, version, values), Cancellation);
        var id = (await AddonSite.ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;
        await app.WaitForAsync(id, "running");
        return id;
    }

    /// <summary>Upgrades, and waits until it runs.</summary>
    public static async Task UpgradeAsync(this StagedoorApp app, string id, string cluster, string template, string version, object? values = null)
    {
        using var response = await app.Admin.PutAsJsonAsync($"{Root}/{id}", Upgrade(cluster, template, version, values), Cancellation);
        await AddonSite.ReadAsync(response);
        await app.WaitForAsync(id, "running");
    }

    public static async Task<JsonElement> ShowAsync(this StagedoorApp app, string id)
    {
        using var response = await app.Admin.GetAsync($"{Root}/{id}", Cancellation);
        return await AddonSite.ReadAsync(response);
    }

    public static string StatusOf(JsonElement instance) => instance.GetProperty("status").GetProperty("status").GetString()!;

    /// <summary>Waits until an instance has a status.</summary>
    public static async Task<JsonElement> WaitForAsync(this StagedoorApp app, string id, string status)
    {
        JsonElement shown = default;
        for (var i = 0; i < 300; i++)
        {
            shown = await app.ShowAsync(id);
            if (StatusOf(shown) == status)
            {
                return shown;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
        }

        Assert.Fail($"{status} did not come: {shown.GetRawText()}");
        return shown;
    }

    /// <summary>Waits until there is no such instance.</summary>
    public static async Task WaitUntilGoneAsync(this StagedoorApp app, string id)
    {
        var last = "";
        for (var i = 0; i < 300; i++)
        {
            using var response = await app.Admin.GetAsync($"{Root}/{id}", Cancellation);
            last = await response.Content.ReadAsStringAsync(Cancellation);
            if (last.Contains("4040204", StringComparison.Ordinal))
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
        }

        Assert.Fail($"it is still there: {last}");
    }

    /// <summary>Where the release of a template is written.</summary>
    public static string Release(this StagedoorApp app, string cluster, string template) =>
        Path.Combine(app.DataDirectory, "gitops", "clusters", cluster, "kube-system", $"cceaddon-{template}");

    private static JsonObject Body(string kind, string cluster, string template, string? version, object? values, object? annotations)
    {
        var all = annotations is null ? [] : (JsonObject)JsonSerializer.SerializeToNode(annotations)!;
        all[$"addon.{kind}/type"] = kind;
        var spec = new JsonObject
        {
            ["clusterID"] = cluster,
            ["addonTemplateName"] = template,
            ["values"] = JsonSerializer.SerializeToNode(values ?? new { }),
        };
        if (version is not null)
        {
            spec["version"] = version;
        }

        return new() { ["kind"] = "Addon", ["apiVersion"] = "v3", ["metadata"] = new JsonObject { ["annotations"] = all }, ["spec"] = spec };
    }
}
