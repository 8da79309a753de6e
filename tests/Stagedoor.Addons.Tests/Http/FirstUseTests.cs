using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Addons.Packages;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Addons.Tests.Http.InstanceSite;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>What people who knew only the documents ran into.</summary>
public sealed class FirstUseTests(AddonSite site) : IClassFixture<AddonSite>
{
    private StagedoorApp App => site.App;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mark_of_the_order_of_bytes_is_no_part_of_a_file()
    {
        await site.PublishAsync(AddonSite.Chart(
            "marked", "1.0.0", ("addon.yaml", "\uFEFFnamespace: marked\nlabels: [L]\n"), ("values.schema.json", "\uFEFF{\"type\":\"object\"}"), ("values.yaml", "\uFEFFreplicas: 3\n")));
        var cluster = await site.RegisterAsync("marked-one");

        await App.InstallAsync(cluster, "marked");

        var file = Path.Combine(App.DataDirectory, "gitops", "clusters", cluster, "marked", "cceaddon-marked");
        Assert.Contains("\"3\"", string.Concat(Directory.EnumerateFiles(file, "*configmap*").Select(File.ReadAllText)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Null_takes_a_default_of_the_parameters_away_as_one_of_the_chart()
    {
        await site.PublishAsync(AddonSite.Chart(
            "nulls",
            "1.0.0",
            ("addon.yaml", "input: {parameters: {custom: {a: 1, b: 2, of: {c: 3} } } }\n"),
            ("values.yaml", "custom: {d: 4}\n"),
            ("values.schema.json", """{"properties":{"custom":{"properties":{"a":{"type":"integer"}}}}}"""),
            ("templates/config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: n}\ndata: {seen: {{ .Values.custom | toJson | quote }} }\n")));
        var cluster = await site.RegisterAsync("nulls-one");

        await App.InstallAsync(cluster, "nulls", values: new { custom = new { a = (int?)null, d = (int?)null, of = new { c = (int?)null } } });

        Assert.Contains("""{"b":2,"of":{}}""", string.Concat(Directory.EnumerateFiles(App.Release(cluster, "nulls"), "*configmap*").Select(File.ReadAllText)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_that_is_not_released_is_the_newest_only_where_there_is_no_other()
    {
        var cluster = await site.RegisterAsync("released-one");
        await site.PublishAsync(AddonSite.Chart("released", "2.0.0-beta.1"));
        await site.PublishAsync(AddonSite.Chart("released", "1.10.0"));
        await site.PublishAsync(AddonSite.Chart("unreleased", "0.1.0-rc.1"));

        Assert.Equal("1.10.0", (await App.ShowAsync(await App.InstallAsync(cluster, "released"))).GetProperty("spec").GetProperty("version").GetString());
        Assert.Equal("0.1.0-rc.1", (await App.ShowAsync(await App.InstallAsync(cluster, "unreleased"))).GetProperty("spec").GetProperty("version").GetString());
    }

    [Fact]
    public async Task A_hook_without_a_name_fails_the_install_and_is_told()
    {
        var cluster = await site.RegisterAsync("nameless-one");
        await site.PublishAsync(
            AddonSite.Chart("nameless", "1.0.0", ("templates/hook.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: h-, annotations: {helm.sh/hook: pre-install}}\n")), new { skip_lint = true });
        using var response = await App.Admin.PostAsJsonAsync(Root, Install(cluster, "nameless"), Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        if ((int)response.StatusCode == 201)
        {
            var id = JsonElement.Parse(text).GetProperty("metadata").GetProperty("uid").GetString()!;
            text = (await App.WaitForAsync(id, "installFailed")).GetRawText();
            Assert.Contains("\"targetVersions\":null", text, StringComparison.Ordinal);
        }

        Assert.Contains("metadata.name is missing", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(300, 1, "nested too deeply")]
    [InlineData(20_000, 0, "nested too deeply")]
    public async Task Templates_that_go_deep_are_refused_and_the_server_lives(int parentheses, int includes, string message)
    {
        var (open, close) = (new string('(', parentheses), new string(')', parentheses));
        var template = includes == 0
            ? "{{" + open + "1" + close + "}}"
            : "{{define \"a\"}}{{" + open + "include \"a\" ." + close + "}}{{end}}{{include \"a\" .}}";
        var chart = (await site.UploadAsync(AddonSite.Chart($"deep-{parentheses}", "1.0.0", ("templates/config.yaml", template)), new { skip_lint = true })).GetProperty("id").GetString()!;
        var cluster = await site.RegisterAsync($"deep-{parentheses}");

        using var response = await App.Admin.PostAsJsonAsync($"/cce/cam/v3/clusters/{cluster}/releases", ReleaseSite.Wish(chart, "deep", parameters: new { dry_run = true }), Cancellation);

        Assert.Contains(message, (await AddonSite.ReadAsync(response, 400)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"path":"clusters/another"}""", "clusters")]
    [InlineData("""{"path":"a/Clusters"}""", "clusters")]
    [InlineData("""{"paht":"a"}""", "has no member")]
    [InlineData("""{"path":"/etc"}""", "none of the folders")]
    [InlineData("""{"path":"../../etc"}""", "none of the folders")]
    public async Task Settings_of_a_driver_that_cannot_be_used_are_refused_with_the_registration(string config, string message)
    {
        Dictionary<string, string> annotations = new(StringComparer.Ordinal) { ["stagedoor.io/driver-config"] = config };
        using var response = await App.Admin.PostAsJsonAsync(site.Clusters, AddonSite.Cluster("settings-one", annotations: annotations), Cancellation);

        Assert.Contains(message, (await AddonSite.ReadAsync(response, 400)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_among_the_objects_of_a_release_are_told_apart_and_not_shown()
    {
        var chart = (await site.UploadAsync(AddonSite.Chart("secret-chart", "1.0.0", ("templates/s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {pw: in-the-clear}\n")))).GetProperty("id").GetString()!;
        var cluster = await site.RegisterAsync("secret-one");
        using var response = await App.Admin.PostAsJsonAsync($"/cce/cam/v3/clusters/{cluster}/releases", ReleaseSite.Wish(chart, "s", parameters: new { dry_run = true }), Cancellation);

        var resources = (await AddonSite.ReadAsync(response, 201)).GetProperty("resources").GetString()!;

        Assert.Contains("sha256:", resources, StringComparison.Ordinal);
        Assert.DoesNotContain("in-the-clear", resources, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removal_that_nobody_lived_to_end_is_brought_to_its_end()
    {
        await site.PublishAsync(AddonSite.Chart("halved", "1.0.0"));
        await site.PublishAsync(AddonSite.Chart("halved", "1.1.0"));
        var chart = (await site.UploadAsync(AddonSite.Chart("halved-chart", "1.0.0"))).GetProperty("id").GetString()!;
        App.Sabotage("addons").Execute("UPDATE addon_version SET removing = 1 WHERE template = 'halved' AND version = '1.0.0'");
        App.Sabotage("addons").Execute("UPDATE chart SET removing = 1 WHERE name = 'halved-chart'");
        var upkeep = App.Services.GetRequiredService<RemovalUpkeep>();

        await upkeep.RunAsync(Cancellation);
        await upkeep.RunAsync(Cancellation);

        var versions = (await App.Admin.GetFromJsonAsync<JsonElement>("/api/v3/addontemplates/halved", Cancellation)).GetProperty("spec").GetProperty("versions");
        Assert.Equal("1.1.0", Assert.Single(versions.EnumerateArray()).GetProperty("version").GetString());
        using (var gone = await App.Admin.GetAsync($"/v2/charts/{chart}", Cancellation))
        {
            Assert.Equal(404, (int)gone.StatusCode);
        }

        await site.PublishAsync(AddonSite.Chart("halved", "1.0.0"));
        await site.UploadAsync(AddonSite.Chart("halved-chart", "1.0.0"));
    }
}
