using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

public sealed class TemplateTests(AddonSite site) : IClassFixture<AddonSite>
{
    private const string Templates = "/api/v3/addontemplates";

    private HttpClient Admin => site.App.Admin;

    private string Mark => Path.Combine(site.App.DataDirectory, "blobs", "installation.json");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_package_says_what_its_add_on_is()
    {
        var package = AddonSite.Chart("probe-agent", "2.4.1", ("addon.yaml", """
            alias: Probe
            labels: [Maintenance]
            supportVersions: [{clusterType: VirtualMachine, clusterVersion: ["v1.(19|2[0-9]).*"], category: [CCE]}]
            input: {basic: {}, parameters: {custom: {log_level: info}, flavor1: {name: 2500}}}
            translate: {en_US: {addon: {description: "Node probes"}}}
            """));

        var published = await site.PublishAsync(package);
        var shown = await Admin.GetFromJsonAsync<JsonElement>($"{Templates}/probe-agent", Cancellation);

        Assert.Equal(published.GetRawText(), shown.GetRawText());
        Assert.Equal("Addon", shown.GetProperty("kind").GetString());
        Assert.Equal("Probe", shown.GetProperty("metadata").GetProperty("alias").GetString());
        var spec = shown.GetProperty("spec");
        Assert.Equal(("helm", false, "", "Watches nodes"), (spec.GetProperty("type").GetString(), spec.GetProperty("require").GetBoolean(), spec.GetProperty("logoURL").GetString(), spec.GetProperty("description").GetString()));
        var version = Assert.Single(spec.GetProperty("versions").EnumerateArray());
        Assert.Equal("2.4.1", version.GetProperty("version").GetString());
        Assert.Equal(2500, version.GetProperty("input").GetProperty("parameters").GetProperty("flavor1").GetProperty("name").GetInt32());
        Assert.Equal("CCE", version.GetProperty("supportVersions")[0].GetProperty("category")[0].GetString());
    }

    [Fact]
    public async Task Parameters_stand_above_what_the_package_says()
    {
        await site.PublishAsync(AddonSite.Chart("above", "1.0.0", ("addon.yaml", "labels: [a]\nrequire: true\n")), new { labels = new[] { "b" }, require = false, stable = false, input = new { basic = new { x = 1 } } });

        var spec = (await Admin.GetFromJsonAsync<JsonElement>($"{Templates}/above", Cancellation)).GetProperty("spec");

        Assert.Equal("b", spec.GetProperty("labels")[0].GetString());
        Assert.False(spec.GetProperty("require").GetBoolean());
        Assert.False(spec.GetProperty("versions")[0].GetProperty("stable").GetBoolean());
        Assert.Equal(1, spec.GetProperty("versions")[0].GetProperty("input").GetProperty("basic").GetProperty("x").GetInt32());
    }

    [Fact]
    public async Task A_list_is_narrowed_by_what_is_asked()
    {
        foreach (var version in new[] { "1.9.0", "1.10.0", "1.2.0" })
        {
            await site.PublishAsync(AddonSite.Chart("narrow", version), new
            {
                supportVersions = new[] { new { clusterType = "VirtualMachine", clusterVersion = new[] { version is "1.10.0" ? "/v1.2[5-9].*/" : "v1.2[0-4]" } } },
            });
        }

        var old = await site.RegisterAsync("narrow-old", "v1.23");
        var young = await site.RegisterAsync("narrow-young", "v1.28.3");
        await site.PublishAsync(AddonSite.Chart("narrow-other", "1.0.0"), new { supportVersions = new[] { new { clusterType = "ARM64", clusterVersion = new[] { ".*" } } } });

        Assert.Equal("1.10.0 1.9.0 1.2.0", await VersionsAsync("addon_template_name=narrow"));
        Assert.Equal("1.10.0", await VersionsAsync("addon_template_name=narrow&newest=true"));
        Assert.Equal("1.2.0", await VersionsAsync("addon_template_name=narrow&version=1.2.0"));
        Assert.Equal("1.10.0 1.9.0", await VersionsAsync("addon_template_name=narrow&base_update_addon_version=1.3.0"));
        Assert.Equal("1.9.0 1.2.0", await VersionsAsync($"addon_template_name=narrow&cluster_id={old}"));
        Assert.Equal("1.10.0", await VersionsAsync($"addon_template_name=narrow&cluster_id={young}"));
        Assert.Equal("", await VersionsAsync($"addon_template_name=narrow-other&cluster_id={young}"));
        Assert.Equal("", await VersionsAsync("addon_template_name=nobody-knows"));
    }

    [Theory]
    [InlineData("addon_template_name=x", 400, "SVCSTG.CCE-ADDONMGR.4000003")]
    [InlineData("base_update_addon_version=new", 400, "SVCSTG.CCE-ADDONMGR.4000003")]
    [InlineData("cluster_id=nowhere", 404, "CCE.03404001")]
    public async Task A_bad_question_is_refused(string query, int status, string code)
    {
        using var response = await Admin.GetAsync($"{Templates}?{query}", Cancellation);

        await response.ShouldFailAsync(status, code);
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.4040204")]
    public async Task What_nobody_published_is_not_there()
    {
        await site.PublishAsync(AddonSite.Chart("known", "1.0.0"));
        foreach (var path in new[] { "unknown", "known/versions/2.0.0/schema", "known/versions/2.0.0/package", "unknown/versions/1.0.0/package" })
        {
            using var response = await Admin.GetAsync($"{Templates}/{path}", Cancellation);
            await response.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4040204");
        }

        using var request = new HttpRequestMessage(HttpMethod.Delete, $"{Templates}/unknown");
        request.Headers.Add("X-Stagedoor-Dialect", "cce-v3");
        using var later = await Admin.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, later.StatusCode);
    }

    [Fact]
    public async Task A_package_comes_back_as_it_was_sent()
    {
        var package = AddonSite.Chart("same-bytes", "1.0.0", ("values.schema.json", """{"type":"object"}"""));
        await site.PublishAsync(package);

        using var response = await Admin.GetAsync($"{Templates}/same-bytes/versions/1.0.0/package", Cancellation);
        var schema = await Admin.GetStringAsync($"{Templates}/same-bytes/versions/1.0.0/schema", Cancellation);

        Assert.Equal(package, await response.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal("application/gzip", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("same-bytes-1.0.0.tgz", response.Content.Headers.ContentDisposition?.FileName?.Trim('"'));
        Assert.Equal("""{"type":"object"}""", schema);
    }

    [Fact]
    public async Task A_version_is_replaced_only_when_that_is_said()
    {
        await site.PublishAsync(AddonSite.Chart("replaced", "1.0.0"));
        var other = AddonSite.Chart("replaced", "1.0.0", ("values.yaml", "replicas: 2\n"));

        using var form = AddonSite.Form(other);
        using var refused = await Admin.PostAsync(Templates, form, Cancellation);
        await refused.ShouldFailAsync(409, "CCE.03409001");
        await site.PublishAsync(other, new { @override = true });

        Assert.Equal(other, await Admin.GetByteArrayAsync($"{Templates}/replaced/versions/1.0.0/package", Cancellation));
        Assert.Single(Directory.EnumerateFiles(Path.Combine(site.App.DataDirectory, "blobs", "addons"), "*", SearchOption.AllDirectories), f => new FileInfo(f).Length == other.Length && File.ReadAllBytes(f).AsSpan().SequenceEqual(other));
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.4030301")]
    public async Task A_version_in_use_is_neither_deleted_nor_replaced()
    {
        var package = AddonSite.Chart("in-use", "1.0.0");
        await site.PublishAsync(package);
        var cluster = await site.RegisterAsync("in-use-cluster");
        site.Install(cluster, "in-use", "1.0.0");

        using var deleted = await Admin.DeleteAsync($"{Templates}/in-use/versions/1.0.0", Cancellation);
        using var all = await Admin.DeleteAsync($"{Templates}/in-use", Cancellation);
        using var form = AddonSite.Form(AddonSite.Chart("in-use", "1.0.0", ("values.yaml", "replicas: 2\n")), new { @override = true });
        using var replaced = await Admin.PostAsync(Templates, form, Cancellation);
        await site.PublishAsync(package, new { @override = true });

        foreach (var response in new[] { deleted, all, replaced })
        {
            var error = await response.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4030301");
            Assert.Contains("\"error_msg\":\"Addon version can't be delete because of used by cluster\"", error.Body, StringComparison.Ordinal);
            Assert.Contains(cluster + "/", error.Body, StringComparison.Ordinal);
        }

        Assert.Equal(package, await Admin.GetByteArrayAsync($"{Templates}/in-use/versions/1.0.0/package", Cancellation));
    }

    [Fact]
    public async Task A_deleted_version_takes_its_package_along_and_the_last_one_its_template()
    {
        await site.PublishAsync(AddonSite.Chart("short-lived", "1.0.0"));
        await site.PublishAsync(AddonSite.Chart("short-lived", "1.1.0"));

        var first = await AddonSite.ReadAsync(await Admin.DeleteAsync($"{Templates}/short-lived/versions/1.0.0", Cancellation));
        var second = await AddonSite.ReadAsync(await Admin.DeleteAsync($"{Templates}/short-lived", Cancellation));
        using var again = await Admin.DeleteAsync($"{Templates}/short-lived/versions/1.0.0", Cancellation);

        Assert.Equal("1.1.0", Assert.Single(first.GetProperty("spec").GetProperty("versions").EnumerateArray()).GetProperty("version").GetString());
        Assert.Empty(second.GetProperty("spec").GetProperty("versions").EnumerateArray());
        await again.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4040204");
        Assert.Equal(site.App.Sabotage("addons").Count("blobs"), Directory.EnumerateFiles(Path.Combine(site.App.DataDirectory, "blobs", "addons"), "*", SearchOption.AllDirectories).LongCount());
    }

    [Fact]
    public async Task Of_two_that_delete_one_version_at_once_one_does()
    {
        await site.PublishAsync(AddonSite.Chart("deleted-twice", "1.0.0"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Admin.DeleteAsync($"{Templates}/deleted-twice/versions/1.0.0", Cancellation)));

        Assert.Contains(answers, static a => a.StatusCode is HttpStatusCode.OK);
        Assert.All(answers, static a => Assert.True((int)a.StatusCode is 200 or 400));
        answers.ToList().ForEach(static a => a.Dispose());
    }

    [Fact]
    public async Task Of_two_that_publish_one_version_at_once_one_does()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(async i =>
        {
            using var form = AddonSite.Form(AddonSite.Chart("twice", "1.0.0", ("values.yaml", $"replicas: {i}\n")));
            return await Admin.PostAsync(Templates, form, Cancellation);
        }));

        Assert.Equal([201, 409, 409], answers.Select(static a => (int)a.StatusCode).Order());
        answers.ToList().ForEach(static a => a.Dispose());
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.5000201")]
    public async Task A_store_that_takes_nothing_is_the_upload_failure_and_nothing_is_listed()
    {
        using var form = AddonSite.Form(AddonSite.Chart("unlucky", "1.0.0"));
        File.Move(Mark, Mark + ".away");
        try
        {
            using var response = await Admin.PostAsync(Templates, form, Cancellation);
            var error = await response.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000201");
            Assert.Contains("\"error_msg\":\"Upload File Error\"", error.Body, StringComparison.Ordinal);
        }
        finally
        {
            File.Move(Mark + ".away", Mark);
        }

        Assert.Equal("", await VersionsAsync("addon_template_name=unlucky"));
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.5000203")]
    public async Task A_package_that_cannot_be_removed_leaves_its_version_listed()
    {
        await site.PublishAsync(AddonSite.Chart("sticky", "1.0.0"));
        File.Move(Mark, Mark + ".away");
        try
        {
            using var response = await Admin.DeleteAsync($"{Templates}/sticky/versions/1.0.0", Cancellation);
            var error = await response.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000203");
            Assert.Contains("\"error_msg\":\"Delete Remote File Error\"", error.Body, StringComparison.Ordinal);
        }
        finally
        {
            File.Move(Mark + ".away", Mark);
        }

        Assert.Equal("1.0.0", await VersionsAsync("addon_template_name=sticky"));
        using var package = await Admin.GetAsync($"{Templates}/sticky/versions/1.0.0/package", Cancellation);
        Assert.Equal(HttpStatusCode.OK, package.StatusCode);
        using var again = await Admin.DeleteAsync($"{Templates}/sticky/versions/1.0.0", Cancellation);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task A_template_is_changed_without_its_package()
    {
        await site.PublishAsync(AddonSite.Chart("changing", "1.0.0"));

        using var response = await Admin.PutAsJsonAsync(
            $"{Templates}/changing",
            new { kind = "Addon", apiVersion = "v3", spec = new { require = true, labels = new[] { "New" }, logoURL = "/x.png", versions = new[] { new { version = "1.0.0", stable = false } } } },
            Cancellation);
        using var unknown = await Admin.PutAsJsonAsync($"{Templates}/changing", new { spec = new { versions = new[] { new { version = "9.0.0", stable = false } } } }, Cancellation);

        var spec = (await AddonSite.ReadAsync(response)).GetProperty("spec");
        Assert.True(spec.GetProperty("require").GetBoolean());
        Assert.Equal("/x.png", spec.GetProperty("logoURL").GetString());
        Assert.False(spec.GetProperty("versions")[0].GetProperty("stable").GetBoolean());
        await unknown.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4040204");
    }

    [Fact]
    public async Task Under_autopilot_are_the_versions_for_such_clusters()
    {
        await site.PublishAsync(AddonSite.Chart("pilot", "1.0.0"), new { supportVersions = Support("CCE", "Turbo") });
        await site.PublishAsync(AddonSite.Chart("pilot", "1.1.0"), new { supportVersions = Support("CCE", "Autopilot") });
        await site.PublishAsync(AddonSite.Chart("pilot", "1.2.0"), new { supportVersions = Support() });
        await site.PublishAsync(AddonSite.Chart("pilotless", "1.0.0"), new { supportVersions = Support() });
        await site.PublishAsync(AddonSite.Chart("pilot-all", "1.0.0"));

        Assert.Equal("1.2.0 1.1.0 1.0.0", await VersionsAsync("addon_template_name=pilot"));
        Assert.Equal("1.1.0", await VersionsAsync("addon_template_name=pilot", "/autopilot/v3/addontemplates"));
        Assert.Equal("1.0.0", await VersionsAsync("addon_template_name=pilot-all", "/autopilot/v3/addontemplates"));
        var none = await Admin.GetFromJsonAsync<JsonElement>("/autopilot/v3/addontemplates?addon_template_name=pilotless", Cancellation);
        Assert.Equal(0, none.GetProperty("items").GetArrayLength());

        static object[] Support(params string[] category) => [new { clusterType = "VirtualMachine", clusterVersion = new[] { "v1.*" }, category }];
    }

    private async Task<string> VersionsAsync(string query, string path = Templates)
    {
        var list = await Admin.GetFromJsonAsync<JsonElement>($"{path}?{query}", Cancellation);
        return string.Join(' ', list.GetProperty("items").EnumerateArray().SelectMany(static t => t.GetProperty("spec").GetProperty("versions").EnumerateArray()).Select(static v => v.GetProperty("version").GetString()));
    }
}
