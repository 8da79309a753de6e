using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Addons.Tests.Http.InstanceSite;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>What installs, upgrades, rollbacks and removals are refused for, and in which order.</summary>
public sealed class InstanceRefusalTests(AddonSite site) : IClassFixture<AddonSite>
{
    private const string InvalidBody = "SVCSTG.CCE-ADDONMGR.4000003";
    private const string NotFound = "SVCSTG.CCE-ADDONMGR.4040204";
    private const string NotSupported = "SVCSTG.CCE-ADDONMGR.4030302";

    private StagedoorApp App => site.App;

    private HttpClient Admin => site.App.Admin;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("kind", "\"Pod\"")]
    [InlineData("apiVersion", "\"v1\"")]
    [InlineData("metadata", null)]
    [InlineData("metadata.annotations", null)]
    [InlineData("metadata.annotations.addon.install/type", "\"upgrade\"")]
    [InlineData("metadata.annotations.addon.install/dependencies", "\"manual\"")]
    [InlineData("spec", null)]
    [InlineData("spec.clusterID", null)]
    [InlineData("spec.clusterID", "7")]
    [InlineData("spec.addonTemplateName", "\"\"")]
    [InlineData("spec.values", null)]
    [InlineData("spec.values", "[]")]
    public async Task A_body_that_is_none_is_refused_before_anything_is_looked_for(string path, string? value)
    {
        var body = Install("no-cluster", "no-template");
        Put(body, path, value is null ? null : JsonNode.Parse(value));

        using var response = await Admin.PostAsJsonAsync(Root, body, Cancellation);

        await response.ShouldFailAsync(400, InvalidBody);
    }

    [Fact]
    public async Task The_first_check_that_fails_answers()
    {
        var old = new { supportVersions = new[] { new { clusterType = "VirtualMachine", clusterVersion = new[] { "v1.2[5-9]" } } } };
        await site.PublishAsync(AddonSite.Chart("ordered", "1.0.0", ("values.schema.json", """{"properties":{"n":{"type":"integer"}}}""")), old);
        await site.PublishAsync(AddonSite.Chart("ordered", "2.0.0"));
        var (ancient, young) = (await site.RegisterAsync("ordered-ancient", "v1.20"), await site.RegisterAsync("ordered-young", "v1.28"));
        var bad = new { n = "many" };

        await PostAsync(Install("no-cluster", "no-template", "9.9.9", bad), 404, "CCE.03404001");
        await PostAsync(Install(ancient, "no-template", "9.9.9", bad), 400, NotFound);
        await PostAsync(Install(ancient, "ordered", "9.9.9", bad), 400, NotFound);
        await PostAsync(Install(ancient, "ordered", "1.0.0", bad), 400, NotSupported);
        await PostAsync(Install(young, "ordered", "1.0.0", bad), 400, InvalidBody);
        await App.InstallAsync(young, "ordered", "1.0.0");
        await PostAsync(Install(young, "ordered", "1.0.0", bad), 409, "CCE.03409001");
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.4030302")]
    public async Task A_cluster_that_is_too_old_is_refused()
    {
        await site.PublishAsync(AddonSite.Chart("young-only", "1.0.0", ("Chart.yaml", "apiVersion: v2\nname: young-only\nversion: 1.0.0\nkubeVersion: \">=1.25\"\n")));
        var old = await site.RegisterAsync("young-only-old", "v1.20");

        await PostAsync(Install(old, "young-only", "1.0.0"), 400, NotSupported);
        await PostAsync(Install(old, "young-only"), 400, NotSupported);
        await App.InstallAsync(await site.RegisterAsync("young-only-new", "v1.28.3-r0"), "young-only");
    }

    [Fact]
    [Provokes("CCE.03409001")]
    public async Task An_add_on_is_installed_once()
    {
        await site.PublishAsync(AddonSite.Chart("once", "1.0.0"));
        var cluster = await site.RegisterAsync("once-only");
        await App.InstallAsync(cluster, "once");

        using var response = await Admin.PostAsJsonAsync(Root, Install(cluster, "once"), Cancellation);

        await response.ShouldFailAsync(409, "CCE.03409001");
        Assert.Contains("Addon instance has installed.", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_requires_and_conflicts_is_asked_of_what_is_installed()
    {
        await site.PublishAsync(AddonSite.Chart("metrics", "1.1.0"));
        await site.PublishAsync(AddonSite.Chart("metrics", "1.3.0"));
        await site.PublishAsync(AddonSite.Chart("prometheus", "2.0.0", ("addon.yaml", "conflicts: [{name: old-monitor}]\n")));
        await site.PublishAsync(AddonSite.Chart("old-monitor", "1.0.0"));
        await site.PublishAsync(AddonSite.Chart("scaler", "1.0.0", ("addon.yaml", "requires:\n- anyOf: [{name: metrics, version: '>=1.2.0'}, {name: prometheus, version: '>=3'}]\n")));
        var cluster = await site.RegisterAsync("requires-one");

        await PostAsync(Install(cluster, "scaler"), 400, NotSupported);
        var metrics = await App.InstallAsync(cluster, "metrics", "1.1.0");
        await PostAsync(Install(cluster, "scaler"), 400, NotSupported);
        await App.UpgradeAsync(metrics, cluster, "metrics", "1.3.0");
        await App.InstallAsync(cluster, "scaler");
        await App.InstallAsync(cluster, "prometheus");
        await PostAsync(Install(cluster, "old-monitor"), 400, NotSupported);

        using var required = await Admin.DeleteAsync($"{Root}/{metrics}", Cancellation);
        await required.ShouldFailAsync(400, NotSupported);
        using var forced = await Admin.DeleteAsync($"{Root}/{metrics}?force=true", Cancellation);
        await AddonSite.ReadAsync(forced);
        await App.WaitUntilGoneAsync(metrics);
    }

    [Fact]
    public async Task What_is_required_is_installed_first_when_that_is_asked_for()
    {
        await site.PublishAsync(AddonSite.Chart("base", "1.0.0"));
        await site.PublishAsync(AddonSite.Chart("base", "2.0.0"));
        await site.PublishAsync(AddonSite.Chart("middle", "1.0.0", ("addon.yaml", "requires: [{name: base, version: <2}]\n")));
        await site.PublishAsync(AddonSite.Chart("top", "1.0.0", ("addon.yaml", "requires: [{name: middle}]\n")));
        await site.PublishAsync(AddonSite.Chart("round-a", "1.0.0", ("addon.yaml", "requires: [{name: round-b}]\n")));
        await site.PublishAsync(AddonSite.Chart("round-b", "1.0.0", ("addon.yaml", "requires: [{name: round-a}]\n")));
        var cluster = await site.RegisterAsync("automatic-one");
        var automatic = new Dictionary<string, string>(StringComparer.Ordinal) { ["addon.install/dependencies"] = "auto" };

        await PostAsync(Install(cluster, "round-a", annotations: automatic), 400, InvalidBody);
        using var response = await Admin.PostAsJsonAsync(Root, Install(cluster, "top", annotations: automatic), Cancellation);
        var top = (await AddonSite.ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;
        await App.WaitForAsync(top, "running");

        var all = await Admin.GetFromJsonAsync<JsonElement>($"{Root}?cluster_id={cluster}", Cancellation);
        Assert.Equal(["base 1.0.0 running", "middle 1.0.0 running", "top 1.0.0 running"], all.GetProperty("items").EnumerateArray().Select(static i =>
            $"{i.GetProperty("metadata").GetProperty("name").GetString()} {i.GetProperty("spec").GetProperty("version").GetString()} {StatusOf(i)}"));
    }

    [Fact]
    public async Task An_upgrade_is_refused_for_what_it_is_not()
    {
        await site.PublishAsync(AddonSite.Chart("strict", "1.0.0"));
        await site.PublishAsync(AddonSite.Chart("strict", "2.0.0"));
        var cluster = await site.RegisterAsync("strict-one");
        var other = await site.RegisterAsync("strict-two");
        var id = await App.InstallAsync(cluster, "strict", "2.0.0");
        var renamed = Upgrade(cluster, "strict", "2.0.0");
        renamed["metadata"]!["annotations"] = new JsonObject { ["addon.update/type"] = "upgrade" };

        await PutAsync(id, renamed, 400, InvalidBody);
        await PutAsync(id, Upgrade(cluster, "strict", null), 400, InvalidBody);
        await PutAsync(id, Upgrade(other, "strict", "2.0.0"), 400, InvalidBody);
        await PutAsync(id, Upgrade(cluster, "other", "2.0.0"), 400, InvalidBody);
        await PutAsync(id, Upgrade(cluster, "strict", "1.0.0"), 400, InvalidBody);
        await PutAsync(id, Upgrade(cluster, "strict", "3.0.0"), 400, NotFound);
        await PutAsync(Guid.NewGuid().ToString("D"), Upgrade(cluster, "strict", "2.0.0"), 400, NotFound);
        await RollBackAsync(id, new { }, 400, InvalidBody);
        await RollBackAsync(id, new { clusterID = other }, 400, InvalidBody);
        await RollBackAsync(id, new { clusterID = cluster }, 400, NotSupported);
    }

    [Fact]
    [Provokes("CCE.01429002")]
    public async Task What_is_under_way_is_not_disturbed()
    {
        await site.PublishAsync(AddonSite.Chart("slow", "1.0.0"));
        await site.PublishAsync(AddonSite.Chart("slow", "2.0.0"));
        var cluster = await site.RegisterAsync("slow-one");
        var id = await App.InstallAsync(cluster, "slow", "1.0.0");

        // The folder that others keep locked makes the upgrade wait.
        var state = Path.Combine(App.DataDirectory, "gitops", ".stagedoor", cluster);
        string refused;
        await using (var held = File.Open(Path.Combine(state, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            using var begun = await Admin.PutAsJsonAsync($"{Root}/{id}", Upgrade(cluster, "slow", "2.0.0"), Cancellation);
            await AddonSite.ReadAsync(begun);

            using var busy = await Admin.PutAsJsonAsync($"{Root}/{id}", Upgrade(cluster, "slow", "2.0.0"), Cancellation);
            refused = busy.Headers.RetryAfter?.ToString() ?? "";
            await busy.ShouldFailAsync(429, "CCE.01429002");
            await RollBackAsync(id, new { clusterID = cluster }, 429, "CCE.01429002");
            using var removed = await Admin.DeleteAsync($"{Root}/{id}", Cancellation);
            await removed.ShouldFailAsync(429, "CCE.01429002");
        }

        Assert.Equal("5", refused);
        await App.WaitForAsync(id, "running");
    }

    [Fact]
    public async Task A_removal_ends_an_install_and_may_be_repeated()
    {
        await site.PublishAsync(AddonSite.Chart("cancelled", "1.0.0"));
        await site.PublishAsync(AddonSite.Chart("cancelled-first", "1.0.0"));
        var cluster = await site.RegisterAsync("cancelled-one");
        await App.InstallAsync(cluster, "cancelled-first");
        var state = Path.Combine(App.DataDirectory, "gitops", ".stagedoor", cluster);
        string id;
        await using (var held = File.Open(Path.Combine(state, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            using var begun = await Admin.PostAsJsonAsync(Root, Install(cluster, "cancelled"), Cancellation);
            id = (await AddonSite.ReadAsync(begun, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;

            // From when it was planned on there may be something in the cluster.
            while ((await Admin.GetFromJsonAsync<JsonElement>($"{Root}/{id}/history", Cancellation)).GetProperty("items").GetArrayLength() == 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancellation);
            }

            foreach (var _ in Enumerable.Range(0, 2))
            {
                using var removed = await Admin.DeleteAsync($"{Root}/{id}", Cancellation);
                Assert.Equal("deleting", StatusOf(await AddonSite.ReadAsync(removed)));
            }
        }

        await App.WaitUntilGoneAsync(id);
        Assert.False(Directory.Exists(App.Release(cluster, "cancelled")));
        await App.InstallAsync(cluster, "cancelled");
    }

    [Fact]
    public async Task Roles_say_who_may()
    {
        await site.PublishAsync(AddonSite.Chart("guarded", "1.0.0"));
        var cluster = await site.RegisterAsync("guarded-one");
        var (_, nobody) = await site.AddUserAsync("nobody-installs");
        using var client = nobody;

        using var install = await client.PostAsJsonAsync(Root, Install(cluster, "guarded"), Cancellation);
        await install.ShouldFailAsync(403, "CCE.03403001");
        using var list = await client.GetAsync($"{Root}?cluster_id={cluster}", Cancellation);
        await list.ShouldFailAsync(403, "CCE.03403001");
    }

    [Theory]
    [InlineData("", 400, InvalidBody)]
    [InlineData("?cluster_id=nowhere", 404, "CCE.03404001")]
    public async Task A_list_names_a_cluster_that_there_is(string query, int status, string code)
    {
        using var response = await Admin.GetAsync($"{Root}{query}", Cancellation);

        await response.ShouldFailAsync(status, code);
    }

    private static void Put(JsonObject body, string path, JsonNode? value)
    {
        var key = path.Contains("addon.", StringComparison.Ordinal) && path.Contains('/', StringComparison.Ordinal) ? path[path.IndexOf("addon.", StringComparison.Ordinal)..] : path.Split('.')[^1];
        var parent = path.Length > key.Length ? path[..^(key.Length + 1)].Split('.').Aggregate((JsonNode)body, static (node, part) => node[part]!) : body;
        if (value is null)
        {
            ((JsonObject)parent).Remove(key);
        }
        else
        {
            parent[key] = value;
        }
    }

    private async Task PostAsync(JsonObject body, int status, string code)
    {
        using var response = await Admin.PostAsJsonAsync(Root, body, Cancellation);
        await response.ShouldFailAsync(status, code);
    }

    private async Task PutAsync(string id, JsonObject body, int status, string code)
    {
        using var response = await Admin.PutAsJsonAsync($"{Root}/{id}", body, Cancellation);
        await response.ShouldFailAsync(status, code);
    }

    private async Task RollBackAsync(string id, object body, int status, string code)
    {
        using var response = await Admin.PostAsJsonAsync($"{Root}/{id}/operation/rollback", body, Cancellation);
        await response.ShouldFailAsync(status, code);
    }
}
