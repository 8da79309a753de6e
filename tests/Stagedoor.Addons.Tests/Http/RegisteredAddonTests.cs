using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>A cluster has add-ons from its registration on.</summary>
public sealed class RegisteredAddonTests(AddonSite site) : IClassFixture<AddonSite>
{
    private const string Key = "cluster.install.addons/install";
    private const string External = "cluster.install.addons.external/install";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_registration_names_is_installed_and_the_annotation_is_not_kept()
    {
        await site.PublishAsync(AddonSite.Chart("early", "1.0.0"));
        await site.PublishAsync(AddonSite.Chart("early", "1.1.0"));
        await site.PublishAsync(AddonSite.Chart("late", "1.0.0", ("addon.yaml", "requires: [{name: early}]\n")));
        await site.PublishAsync(AddonSite.Chart("outside", "1.0.0"));

        using var response = await RegisterAsync("with-addons", (Key, """[{"addonTemplateName":"late","values":{"custom":{"a":1}}},{"addonTemplateName":"early","version":"1.0.0"}]"""), (External, """[{"addonTemplateName":"outside","version":""}]"""));

        var made = await AddonSite.ReadAsync(response, 201);
        Assert.DoesNotContain("install.addons", made.GetRawText(), StringComparison.Ordinal);
        var cluster = made.GetProperty("metadata").GetProperty("uid").GetString()!;
        Assert.Equal([("early", "1.0.0"), ("late", "1.0.0"), ("outside", "1.0.0")], await RunningAsync(site.App, cluster));
        Assert.True(File.Exists(Path.Combine(site.App.Release(cluster, "late"), "inventory.json")));
    }

    [Fact]
    public async Task What_every_cluster_needs_is_installed_unless_the_registration_says_otherwise()
    {
        await using var here = new AddonSite();
        await here.InitializeAsync();
        await here.PublishAsync(AddonSite.Chart("needed", "1.0.0", ("addon.yaml", "require: true\nrequires: [{name: beneath}]\n")));
        await here.PublishAsync(AddonSite.Chart("beneath", "1.0.0"));
        await here.PublishAsync(AddonSite.Chart("elsewhere", "1.0.0", ("addon.yaml", "require: true\nsupportVersions: [{clusterType: BareMetal, clusterVersion: [\"v1.*\"]}]\n")));

        using var without = await RegisterAsync(here.App, "by-default", []);
        using var none = await RegisterAsync(here.App, "with-none", [(Key, "[]")]);
        using var other = await RegisterAsync(here.App, "with-another", [(External, """[{"addonTemplateName":"beneath"}]""")]);

        Assert.Equal([("beneath", "1.0.0"), ("needed", "1.0.0")], await RunningAsync(here.App, await IdAsync(without)));
        Assert.Empty(await RunningAsync(here.App, await IdAsync(none)));
        Assert.Equal([("beneath", "1.0.0"), ("needed", "1.0.0")], await RunningAsync(here.App, await IdAsync(other)));
    }

    [Fact]
    public async Task More_that_wait_than_a_cluster_does_at_a_time_keep_nothing_waiting()
    {
        await site.PublishAsync(AddonSite.Chart("z-beneath", "1.0.0"));
        string[] above = [.. Enumerable.Range(1, 6).Select(static n => $"above-{n}")];
        foreach (var name in above)
        {
            await site.PublishAsync(AddonSite.Chart(name, "1.0.0", ("addon.yaml", "requires: [{name: z-beneath}]\n")));
        }

        using var response = await RegisterAsync("with-a-crowd", (Key, $"[{string.Join(',', above.Select(static n => $$"""{"addonTemplateName":"{{n}}"}"""))}]"));

        var cluster = await IdAsync(response);
        Assert.Equal([.. above.Append("z-beneath").Select(static n => (n, "1.0.0"))], await RunningAsync(site.App, cluster));
    }

    [Fact]
    public async Task A_write_that_fails_leaves_neither_the_cluster_nor_an_add_on()
    {
        await using var here = new AddonSite();
        await here.InitializeAsync();
        await here.PublishAsync(AddonSite.Chart("halfway", "1.0.0"));
        using (here.App.Sabotage("addons").Unreadable("addon_event"))
        {
            using var failed = await RegisterAsync(here.App, "halfway-one", [(Key, """[{"addonTemplateName":"halfway"}]""")]);
            await failed.ShouldFailAsync(500, "CCE.03500001");
        }

        Assert.Empty(here.App.Sabotage("addons").Rows("cluster"));
        Assert.Empty(here.App.Sabotage("addons").Rows("addon_instance"));
        using var again = await RegisterAsync(here.App, "halfway-one", [(Key, """[{"addonTemplateName":"halfway"}]""")]);
        Assert.Equal([("halfway", "1.0.0")], await RunningAsync(here.App, await IdAsync(again)));
    }

    [Theory]
    [InlineData("7", "SVCSTG.CCE-ADDONMGR.4000003")]
    [InlineData("[", "SVCSTG.CCE-ADDONMGR.4000003")]
    [InlineData("[7]", "SVCSTG.CCE-ADDONMGR.4000003")]
    [InlineData("[{}]", "SVCSTG.CCE-ADDONMGR.4000003")]
    [InlineData("""[{"addonTemplateName":7}]""", "SVCSTG.CCE-ADDONMGR.4000003")]
    [InlineData("""[{"addonTemplateName":"old-one","values":[]}]""", "SVCSTG.CCE-ADDONMGR.4000003")]
    [InlineData("""[{"addonTemplateName":"old-one"},{"addonTemplateName":"old-one"}]""", "SVCSTG.CCE-ADDONMGR.4000003")]
    [InlineData("""[{"addonTemplateName":"\ud800"}]""", "SVCSTG.CCE-ADDONMGR.4000003")]
    [InlineData("""[{"addonTemplateName":"no-such"}]""", "SVCSTG.CCE-ADDONMGR.4040204")]
    [InlineData("""[{"addonTemplateName":"old-one","version":"9.9.9"}]""", "SVCSTG.CCE-ADDONMGR.4040204")]
    [InlineData("""[{"addonTemplateName":"old-one"}]""", "SVCSTG.CCE-ADDONMGR.4030302")]
    [InlineData("""[{"addonTemplateName":"old-one","version":"1.0.0"}]""", "SVCSTG.CCE-ADDONMGR.4030302")]
    [InlineData("""[{"addonTemplateName":"needy"}]""", "SVCSTG.CCE-ADDONMGR.4030302")]
    public async Task What_cannot_be_installed_keeps_the_cluster_from_being_registered(string annotation, string code)
    {
        await site.PublishAsync(AddonSite.Chart("old-one", "1.0.0", ("addon.yaml", "supportVersions: [{clusterType: VirtualMachine, clusterVersion: [\"v1.1[0-9]\"]}]\n")), new { @override = true });
        await site.PublishAsync(AddonSite.Chart("needy", "1.0.0", ("addon.yaml", "requires: [{name: never-published}]\n")), new { @override = true });

        using var response = await RegisterAsync("refused-addons", (Key, annotation));
        var list = await site.App.Admin.GetStringAsync(site.Clusters, Cancellation);

        var body = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(body.Contains(code, StringComparison.Ordinal), $"{code} was expected: {body}");
        Assert.DoesNotContain("refused-addons", list, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_later_change_installs_nothing()
    {
        await site.PublishAsync(AddonSite.Chart("too-late", "1.0.0"));
        var cluster = await site.RegisterAsync("changed-later");

        using var response = await site.App.Admin.PutAsJsonAsync(
            $"{site.Clusters}/{cluster}",
            new { metadata = new { name = "changed-later", annotations = new Dictionary<string, string> { [Key] = """[{"addonTemplateName":"too-late"}]""" } } },
            Cancellation);

        await response.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
    }

    private Task<HttpResponseMessage> RegisterAsync(string name, params (string Key, string Value)[] annotations) =>
        RegisterAsync(site.App, name, annotations);

    private static Task<HttpResponseMessage> RegisterAsync(StagedoorApp app, string name, (string Key, string Value)[] annotations) => app.Admin.PostAsJsonAsync(
        $"/api/v3/projects/{app.FirstRun.ProjectId}/clusters",
        new { metadata = new { name, annotations = annotations.ToDictionary(static a => a.Key, static a => a.Value) }, spec = new { type = "VirtualMachine", version = "v1.28" } },
        Cancellation);

    private static async Task<string> IdAsync(HttpResponseMessage registered) =>
        (await AddonSite.ReadAsync(registered, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;

    private static async Task<IReadOnlyList<(string, string)>> RunningAsync(StagedoorApp app, string cluster)
    {
        var list = await app.Admin.GetFromJsonAsync<JsonElement>($"{InstanceSite.Root}?cluster_id={cluster}", Cancellation);
        var running = new List<(string, string)>();
        foreach (var id in list.GetProperty("items").EnumerateArray().Select(static i => i.GetProperty("metadata").GetProperty("uid").GetString()!))
        {
            var shown = await app.WaitForAsync(id, "running");
            running.Add((shown.GetProperty("metadata").GetProperty("name").GetString()!, shown.GetProperty("spec").GetProperty("version").GetString()!));
        }

        return [.. running.Order()];
    }
}
