using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Addons.Tests.Http.InstanceSite;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>Add-ons are installed, seen, upgraded, brought back and removed.</summary>
public sealed class InstanceTests(AddonSite site) : IClassFixture<AddonSite>
{
    private const string AddonYaml = """
        labels: [Maintenance]
        supportVersions: [{clusterType: VirtualMachine, clusterVersion: ["v1.2[0-9]"]}]
        input: {basic: {registry: here}, parameters: {custom: {log_level: info, tenant: {a: 1, b: 2}}, flavor1: {name: small, replicas: 1}, flavor2: {name: large, replicas: 3}}}
        """;

    private StagedoorApp App => site.App;

    private HttpClient Admin => site.App.Admin;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_install_is_answered_at_once_and_runs()
    {
        await site.PublishAsync(AddonSite.Chart("probe", "2.4.1", ("addon.yaml", AddonYaml)));
        var cluster = await site.RegisterAsync("install-probe");

        var made = await SendAsync(HttpMethod.Post, Root, Install(cluster, "probe", "2.4.1", new { custom = new { log_level = "debug" } }), 201);

        var (spec, status) = (made.GetProperty("spec"), made.GetProperty("status"));
        Assert.Equal(("Addon", "v3", "probe"), (made.GetProperty("kind").GetString(), made.GetProperty("apiVersion").GetString(), made.GetProperty("metadata").GetProperty("name").GetString()));
        Assert.Equal(
            ["clusterID", "version", "addonTemplateName", "addonTemplateType", "addonTemplateLogo", "addonTemplateLabels", "description", "values"],
            spec.EnumerateObject().Select(static p => p.Name));
        ShouldBe("""{"custom":{"log_level":"debug","tenant":{"a":1,"b":2}},"basic":{"registry":"here"},"flavor":{"name":"small","replicas":1}}""", spec.GetProperty("values"));
        Assert.Equal(["status", "Reason", "message", "targetVersions", "isRollbackable", "currentVersion"], status.EnumerateObject().Select(static p => p.Name));
        Assert.Equal(("installing", "", ""), (StatusOf(made), status.GetProperty("Reason").GetString(), status.GetProperty("message").GetString()));
        Assert.Equal((JsonValueKind.Null, false), (status.GetProperty("targetVersions").ValueKind, status.GetProperty("isRollbackable").GetBoolean()));
        var current = status.GetProperty("currentVersion");
        Assert.Equal(("2.4.1", JsonValueKind.Null), (current.GetProperty("version").GetString(), current.GetProperty("supportVersions").ValueKind));
        await App.WaitForAsync(IdOf(made), "running");
        Assert.True(File.Exists(Path.Combine(App.Release(cluster, "probe"), "inventory.json")));
    }

    [Fact]
    public async Task Without_a_version_the_newest_that_the_cluster_supports_is_installed()
    {
        foreach (var (version, clusters) in (IEnumerable<(string, string)>)[("1.9.0", "v1.28"), ("1.10.0", "v1.28"), ("2.0.0", "v1.3.*")])
        {
            await site.PublishAsync(AddonSite.Chart("newest", version), new { supportVersions = new[] { new { clusterType = "VirtualMachine", clusterVersion = new[] { clusters } } } });
        }

        var cluster = await site.RegisterAsync("newest-one");
        var shown = await App.ShowAsync(await App.InstallAsync(cluster, "newest"));

        Assert.Equal("1.10.0", shown.GetProperty("spec").GetProperty("version").GetString());
        Assert.Equal(JsonValueKind.Null, shown.GetProperty("status").GetProperty("targetVersions").ValueKind);
    }

    [Fact]
    public async Task An_upgrade_a_rollback_and_a_removal_go_all_the_way()
    {
        foreach (var version in new[] { "1.0.0", "1.1.0", "2.0.0" })
        {
            await site.PublishAsync(AddonSite.Chart("whole", version, ("addon.yaml", AddonYaml), ("templates/level.yaml", $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: level}}\ndata: {{v: '{version} {{{{ .Values.custom.log_level }}}}'}}\n")));
        }

        var cluster = await site.RegisterAsync("whole-way");
        var id = await App.InstallAsync(cluster, "whole", "1.0.0", new { custom = new { log_level = "debug" } });
        var before = await FilesAsync(cluster, "whole");
        Assert.Equal(["1.1.0", "2.0.0"], (await App.ShowAsync(id)).GetProperty("status").GetProperty("targetVersions").EnumerateArray().Select(static v => v.GetString()));

        var upgrading = await SendAsync(HttpMethod.Put, $"{Root}/{id}", Upgrade(cluster, "whole", "2.0.0"));
        Assert.Equal(("upgrading", "addon upgrading", "2.0.0", "1.0.0"), (StatusOf(upgrading), upgrading.GetProperty("status").GetProperty("Reason").GetString(), upgrading.GetProperty("spec").GetProperty("version").GetString(), upgrading.GetProperty("status").GetProperty("previousVersion").GetString()));
        var upgraded = await App.WaitForAsync(id, "running");
        Assert.Equal("info", upgraded.GetProperty("spec").GetProperty("values").GetProperty("custom").GetProperty("log_level").GetString());
        Assert.True(upgraded.GetProperty("status").GetProperty("isRollbackable").GetBoolean());

        var back = await SendAsync(HttpMethod.Post, $"{Root}/{id}/operation/rollback", new { clusterID = cluster });
        Assert.Equal("rollbacking", StatusOf(back));
        var after = await App.WaitForAsync(id, "running");
        Assert.Equal(("1.0.0", "2.0.0", false), (after.GetProperty("spec").GetProperty("version").GetString(), after.GetProperty("status").GetProperty("previousVersion").GetString(), after.GetProperty("status").GetProperty("isRollbackable").GetBoolean()));
        Assert.Equal("debug", after.GetProperty("spec").GetProperty("values").GetProperty("custom").GetProperty("log_level").GetString());
        Assert.Equal(before, await FilesAsync(cluster, "whole"));
        Assert.Equal(["rollback", "upgrade", "install"], (await Admin.GetFromJsonAsync<JsonElement>($"{Root}/{id}/history", Cancellation)).GetProperty("items").EnumerateArray().Select(static r => r.GetProperty("operation").GetString()));

        Assert.Equal("deleting", StatusOf(await SendAsync(HttpMethod.Delete, $"{Root}/{id}?cluster_id={cluster}", null)));
        await App.WaitUntilGoneAsync(id);
        Assert.False(Directory.Exists(App.Release(cluster, "whole")));
    }

    [Fact]
    public async Task Values_of_an_upgrade_are_all_there_is_unless_they_are_merged()
    {
        await site.PublishAsync(AddonSite.Chart("merging", "1.0.0", ("addon.yaml", AddonYaml)));
        var cluster = await site.RegisterAsync("merging-one");
        var id = await App.InstallAsync(cluster, "merging", "1.0.0", new { custom = new { log_level = "debug", tenant = new { a = 9 } }, flavor = "large" });
        ShouldBe("""{"custom":{"log_level":"debug","tenant":{"a":9,"b":2}},"basic":{"registry":"here"},"flavor":{"name":"large","replicas":3}}""", Values(await App.ShowAsync(id)));

        await SendAsync(HttpMethod.Put, $"{Root}/{id}", Upgrade(cluster, "merging", "1.0.0", new { custom = new { tenant = new { b = 7 } } }, new Dictionary<string, string>(StringComparer.Ordinal) { ["addon.upgrade/values"] = "merge" }));
        var merged = await App.WaitForAsync(id, "running");
        ShouldBe("""{"custom":{"log_level":"debug","tenant":{"a":9,"b":7}},"basic":{"registry":"here"},"flavor":{"name":"large","replicas":3}}""", Values(merged));

        // What was answered is taken back as it is.
        await SendAsync(HttpMethod.Put, $"{Root}/{id}", Upgrade(cluster, "merging", "1.0.0", JsonNode.Parse(Values(merged).GetRawText())));
        ShouldBe(Values(merged).GetRawText(), Values(await App.WaitForAsync(id, "running")));
        await App.UpgradeAsync(id, cluster, "merging", "1.0.0");
        ShouldBe("""{"custom":{"log_level":"info","tenant":{"a":1,"b":2}},"basic":{"registry":"here"},"flavor":{"name":"small","replicas":1}}""", Values(await App.ShowAsync(id)));
    }

    [Fact]
    public async Task A_null_takes_a_value_away_and_a_text_that_should_be_a_number_is_one()
    {
        await site.PublishAsync(AddonSite.Chart(
            "typed",
            "1.0.0",
            ("values.yaml", "replicas: 1\nextra: yes\n"),
            ("values.schema.json", """{"type":"object","properties":{"replicas":{"type":"integer"},"verbose":{"type":"boolean"}}}"""),
            ("templates/config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {r: '{{ add .Values.replicas 1 }}', extra: '{{ hasKey .Values \"extra\" }}', v: '{{ kindOf .Values.verbose }}'}\n")));
        var cluster = await site.RegisterAsync("typed-one");

        await App.InstallAsync(cluster, "typed", "1.0.0", new { replicas = "2", verbose = "true", extra = (string?)null });

        var text = string.Concat(await FilesAsync(cluster, "typed"));
        Assert.Contains("r: \"3\"", text, StringComparison.Ordinal);
        Assert.Contains("extra: \"false\"", text, StringComparison.Ordinal);
        Assert.Contains("v: bool", text, StringComparison.Ordinal);
        var refused = await Admin.PostAsJsonAsync(Root, Install(await site.RegisterAsync("typed-two"), "typed", "1.0.0", new { replicas = "many" }), Cancellation);
        await refused.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
        Assert.Contains("/replicas", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_is_of_one_cluster_and_a_cluster_shows_what_is_in_it()
    {
        await site.PublishAsync(AddonSite.Chart("listed-a", "1.0.0"));
        await site.PublishAsync(AddonSite.Chart("listed-b", "1.0.0"));
        var cluster = await site.RegisterAsync("listed-one");
        var other = await site.RegisterAsync("listed-two");
        await App.InstallAsync(cluster, "listed-b");
        await App.InstallAsync(cluster, "listed-a");
        var elsewhere = await App.InstallAsync(other, "listed-a");

        var list = await SendAsync(HttpMethod.Get, $"{Root}?cluster_id={cluster}", null);
        var one = await SendAsync(HttpMethod.Get, $"{Root}?cluster_id={cluster}&addon_template_name=listed-b", null);
        var shown = await SendAsync(HttpMethod.Get, $"{site.Clusters}/{cluster}?detail=true", null);

        Assert.Equal("Addon", list.GetProperty("kind").GetString());
        Assert.Equal(["listed-a", "listed-b"], list.GetProperty("items").EnumerateArray().Select(static i => i.GetProperty("metadata").GetProperty("name").GetString()));
        Assert.Single(one.GetProperty("items").EnumerateArray());
        Assert.Contains("\"addonTemplateName\":\"listed-a\"", shown.GetProperty("metadata").GetProperty("annotations").GetProperty("installedAddonInstances").GetString(), StringComparison.Ordinal);
        using var mismatch = await Admin.GetAsync($"{Root}/{elsewhere}?cluster_id={cluster}", Cancellation);
        await mismatch.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4040204");
    }

    [Fact]
    public async Task What_is_gone_is_gone_in_both_dialects()
    {
        using var seed = await Admin.GetAsync($"{Root}/{Guid.NewGuid():D}", Cancellation);
        await seed.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4040204");

        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Root}/{Guid.NewGuid():D}");
        request.Headers.Add("X-Stagedoor-Dialect", "cce-v3");
        using var later = await Admin.SendAsync(request, Cancellation);
        var body = await AddonSite.ReadAsync(later, 404);
        Assert.Equal(("CCE.03404001", "SVCSTG.CCE-ADDONMGR.4040204"), (body.GetProperty("errorCode").GetString(), body.GetProperty("error_code").GetString()));
    }

    [Fact]
    public async Task The_same_request_again_is_answered_with_what_it_made()
    {
        await site.PublishAsync(AddonSite.Chart("tokened", "1.0.0"));
        var cluster = await site.RegisterAsync("tokened-one");

        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var _ in Enumerable.Range(0, 3))
        {
            using var again = await TokenedAsync("t-1", Install(cluster, "tokened", "1.0.0"));
            ids.Add(IdOf(await AddonSite.ReadAsync(again, 201)));
        }

        using var other = await TokenedAsync("t-1", Install(cluster, "tokened"));
        await other.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
        Assert.Single(ids);
    }

    [Fact]
    public async Task A_removal_that_preserves_leaves_the_files_and_frees_the_version()
    {
        await site.PublishAsync(AddonSite.Chart("kept", "1.0.0"));
        var cluster = await site.RegisterAsync("kept-one");
        var id = await App.InstallAsync(cluster, "kept");
        using var used = await Admin.DeleteAsync("/api/v3/addontemplates/kept/versions/1.0.0", Cancellation);
        await used.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4030301");

        Assert.Equal("deleting", StatusOf(await SendAsync(HttpMethod.Delete, $"{Root}/{id}?preserve=true", null)));

        using var gone = await Admin.GetAsync($"{Root}/{id}", Cancellation);
        await gone.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4040204");
        Assert.True(File.Exists(Path.Combine(App.Release(cluster, "kept"), "inventory.json")));
        await SendAsync(HttpMethod.Delete, "/api/v3/addontemplates/kept/versions/1.0.0", null);
    }

    [Fact]
    public async Task A_cluster_that_is_forgotten_with_what_is_in_it_leaves_no_row()
    {
        await site.PublishAsync(AddonSite.Chart("rowless", "1.0.0"));
        var cluster = await site.RegisterAsync("rowless-one");
        var id = await App.InstallAsync(cluster, "rowless");
        using var refused = await Admin.DeleteAsync($"{site.Clusters}/{cluster}", Cancellation);
        await refused.ShouldFailAsync(409, "CCE.03409001");

        await SendAsync(HttpMethod.Delete, $"{site.Clusters}/{cluster}?delete_addons=preserve", null);

        Assert.DoesNotContain(App.Sabotage("addons").Rows("addon_instance", "addon_revision", "addon_event"), r => r.Contains(id, StringComparison.Ordinal));
        Assert.True(File.Exists(Path.Combine(App.Release(cluster, "rowless"), "inventory.json")));
    }

    [Fact]
    public async Task What_changed_in_the_cluster_and_what_an_upgrade_would_change_can_be_seen()
    {
        await site.PublishAsync(AddonSite.Chart("seen", "1.0.0"));
        await site.PublishAsync(AddonSite.Chart("seen", "2.0.0", ("values.yaml", "replicas: 5\n"), ("templates/more.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n")));
        var cluster = await site.RegisterAsync("seen-one");
        var id = await App.InstallAsync(cluster, "seen", "1.0.0");
        Assert.Empty((await SendAsync(HttpMethod.Get, $"{Root}/{id}/diff", null)).GetProperty("objects").EnumerateArray());

        var upgrade = await SendAsync(HttpMethod.Get, $"{Root}/{id}/diff?version=2.0.0", null);
        var file = Directory.GetFiles(App.Release(cluster, "seen"), "*configmap*").Single();
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, Cancellation)).Replace("replicas: \"1\"", "replicas: \"8\"", StringComparison.Ordinal), Cancellation);
        var drift = await SendAsync(HttpMethod.Get, $"{Root}/{id}/diff", null);
        var resources = await SendAsync(HttpMethod.Get, $"{Root}/{id}/resources", null);
        var events = await SendAsync(HttpMethod.Get, $"{Root}/{id}/events", null);

        Assert.Equal(["changed cceaddon-seen", "added more"], upgrade.GetProperty("objects").EnumerateArray().Select(static o => $"{o.GetProperty("change").GetString()} {o.GetProperty("name").GetString()}").Order(StringComparer.Ordinal).Reverse());
        Assert.Contains("+  replicas: \"5\"", upgrade.GetRawText().Replace("\\u0022", "\"", StringComparison.Ordinal).Replace("\\\"", "\"", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal("changed", Assert.Single(drift.GetProperty("objects").EnumerateArray()).GetProperty("change").GetString());
        Assert.Equal(("abnormal", false), (resources.GetProperty("status").GetString(), Assert.Single(resources.GetProperty("items").EnumerateArray()).GetProperty("ready").GetBoolean()));
        Assert.Contains(events.GetProperty("items").EnumerateArray(), static e => e.GetProperty("message").GetString()!.Contains("asked for by", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Under_autopilot_are_the_same_instances()
    {
        const string Pilot = "/autopilot/v3/addons";
        await site.PublishAsync(AddonSite.Chart("twin", "1.0.0"));
        await site.PublishAsync(AddonSite.Chart("twin", "1.1.0"));
        var cluster = await site.RegisterAsync("pilot-cluster");

        var id = IdOf(await SendAsync(HttpMethod.Post, Pilot, Install(cluster, "twin", "1.0.0"), 201));
        await App.WaitForAsync(id, "running");
        await SendAsync(HttpMethod.Put, $"{Pilot}/{id}", Upgrade(cluster, "twin", "1.1.0"));
        await App.WaitForAsync(id, "running");
        await SendAsync(HttpMethod.Post, $"{Pilot}/{id}/operation/rollback", new { clusterID = cluster });
        var shown = await App.WaitForAsync(id, "running");
        Assert.Equal("1.0.0", shown.GetProperty("spec").GetProperty("version").GetString());

        Assert.Equal(await Admin.GetStringAsync($"{Root}/{id}", Cancellation), await Admin.GetStringAsync($"{Pilot}/{id}", Cancellation));
        Assert.Equal(await Admin.GetStringAsync($"{Root}?cluster_id={cluster}", Cancellation), await Admin.GetStringAsync($"{Pilot}?cluster_id={cluster}", Cancellation));
        Assert.Equal("deleting", StatusOf(await SendAsync(HttpMethod.Delete, $"{Pilot}/{id}?cluster_id={cluster}", null)));
        await App.WaitUntilGoneAsync(id);
    }

    private static JsonElement Values(JsonElement instance) => instance.GetProperty("spec").GetProperty("values");

    private static string IdOf(JsonElement instance) => instance.GetProperty("metadata").GetProperty("uid").GetString()!;

    private static void ShouldBe(string expected, JsonElement actual) => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual.GetRawText())), actual.GetRawText());

    private async Task<IReadOnlyList<string>> FilesAsync(string cluster, string template)
    {
        var texts = new List<string>();
        foreach (var file in Directory.GetFiles(App.Release(cluster, template), "*.yaml").Order(StringComparer.Ordinal))
        {
            texts.Add(await File.ReadAllTextAsync(file, Cancellation));
        }

        return texts;
    }

    private async Task<HttpResponseMessage> TokenedAsync(string token, JsonObject body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Root) { Content = JsonContent.Create(body) };
        request.Headers.Add("X-Client-Token", token);
        return await Admin.SendAsync(request, Cancellation);
    }

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body, int status = 200)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : JsonContent.Create(body);
        using var response = await Admin.SendAsync(request, Cancellation);
        return await AddonSite.ReadAsync(response, status);
    }
}
