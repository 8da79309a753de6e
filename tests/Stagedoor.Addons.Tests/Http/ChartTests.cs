using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

public sealed class ChartTests(AddonSite site) : IClassFixture<AddonSite>
{
    private const string Charts = "/v2/charts";

    private HttpClient Admin => site.App.Admin;

    private string Mark => Path.Combine(site.App.DataDirectory, "blobs", "installation.json");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_chart_is_uploaded_shown_listed_downloaded_and_deleted()
    {
        var package = AddonSite.Chart("whole", "1.2.0", ("README.md", "# Whole\n"), ("values.yaml", "basic:\n  replicas: 2\n"));

        var made = await site.UploadAsync(package, new { @override = true, skip_lint = true, source = "package", visible = true });
        var id = made.GetProperty("id").GetString();
        var shown = await Admin.GetFromJsonAsync<JsonElement>($"{Charts}/{id}", Cancellation);
        var list = await Admin.GetFromJsonAsync<JsonElement>(Charts, Cancellation);
        var values = await Admin.GetStringAsync($"{Charts}/{id}/values", Cancellation);
        using var archive = await Admin.GetAsync($"{Charts}/{id}/archive", Cancellation);
        using var deleted = await Admin.DeleteAsync($"{Charts}/{id}", Cancellation);
        using var gone = await Admin.GetAsync($"{Charts}/{id}", Cancellation);

        Assert.Equal(made.GetRawText(), shown.GetRawText());
        Assert.Equal(
            "id name values translate instruction version description source icon_url public chart_url create_at update_at",
            string.Join(' ', shown.EnumerateObject().Select(static p => p.Name)));
        Assert.Equal(("whole", "1.2.0", "Watches nodes", "package", "# Whole\n"), (Of(shown, "name"), Of(shown, "version"), Of(shown, "description"), Of(shown, "source"), Of(shown, "instruction")));
        Assert.Equal("""{"basic":{"replicas":2}}""", Of(shown, "values"));
        Assert.False(shown.GetProperty("public").GetBoolean());
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$", Of(shown, "create_at"));
        Assert.Equal(shown.GetRawText(), list.EnumerateArray().Single(c => Of(c, "id") == id).GetRawText());
        Assert.Equal("""{"values":{"basic":{"replicas":2}}}""", values);
        Assert.Equal(package, await archive.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal(("application/gzip", "whole-1.2.0.tgz"), (archive.Content.Headers.ContentType?.MediaType, archive.Content.Headers.ContentDisposition?.FileName?.Trim('"')));
        Assert.Equal(shown.GetRawText(), (await AddonSite.ReadAsync(deleted)).GetRawText());
        await gone.ShouldFailAsync(404, "CCE.03404001");
    }

    [Fact]
    public async Task The_same_name_and_version_is_replaced_only_when_that_is_said()
    {
        var first = await site.UploadAsync(AddonSite.Chart("same", "1.0.0"));
        var other = AddonSite.Chart("same", "1.0.0", ("values.yaml", "replicas: 2\n"));

        using var form = AddonSite.Form(other);
        using var refused = await Admin.PostAsync(Charts, form, Cancellation);
        var second = await site.UploadAsync(other, new { @override = true });

        await refused.ShouldFailAsync(409, "CCE.03409001");
        Assert.Equal(Of(first, "id"), Of(second, "id"));
        Assert.Equal(other, await Admin.GetByteArrayAsync($"{Charts}/{Of(first, "id")}/archive", Cancellation));
        Assert.Equal(site.App.Sabotage("addons").Count("blobs"), site.Packages().LongCount());
    }

    [Fact]
    public async Task A_chart_is_replaced_by_its_id_with_another_version_and_no_other_name()
    {
        var made = await site.UploadAsync(AddonSite.Chart("moving", "1.0.0"), new { source = "mine" });
        await site.UploadAsync(AddonSite.Chart("moving", "3.0.0"));
        var newer = AddonSite.Chart("moving", "2.0.0");

        var moved = await AddonSite.ReadAsync(await PutAsync(Of(made, "id"), newer));
        using var named = await PutAsync(Of(made, "id"), AddonSite.Chart("other", "2.0.0"));
        using var taken = await PutAsync(Of(made, "id"), AddonSite.Chart("moving", "3.0.0", ("values.yaml", "replicas: 7\n")));
        using var unknown = await PutAsync("nothing", newer);

        Assert.Equal((Of(made, "id"), "2.0.0", "mine"), (Of(moved, "id"), Of(moved, "version"), Of(moved, "source")));
        Assert.Equal(newer, await Admin.GetByteArrayAsync($"{Charts}/{Of(made, "id")}/archive", Cancellation));
        await named.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
        await taken.ShouldFailAsync(409, "CCE.03409001");
        await unknown.ShouldFailAsync(404, "CCE.03404001");
        Assert.Equal(site.App.Sabotage("addons").Count("blobs"), site.Packages().LongCount());
    }

    [Theory]
    [InlineData("GET", "/v2/charts/{0}")]
    [InlineData("GET", "/v2/charts/{0}/values")]
    [InlineData("GET", "/v2/charts/{0}/archive")]
    [InlineData("DELETE", "/v2/charts/{0}")]
    [InlineData("GET", "/autopilot/v2/charts/{0}")]
    [Provokes("CCE.03404001")]
    public async Task What_nobody_uploaded_is_not_there(string method, string path)
    {
        using var request = new HttpRequestMessage(new(method), string.Format(System.Globalization.CultureInfo.InvariantCulture, path, Guid.NewGuid()));
        using var response = await Admin.SendAsync(request, Cancellation);

        await response.ShouldFailAsync(404, "CCE.03404001");
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.4000003")]
    public async Task A_file_that_is_no_package_is_refused_in_both_forms()
    {
        using var form = AddonSite.Form("no archive"u8.ToArray());
        using var seed = await Admin.PostAsync(Charts, form, Cancellation);
        using var again = AddonSite.Form(AddonSite.Chart("Bad Name", "1.0.0"));
        using var request = new HttpRequestMessage(HttpMethod.Post, Charts) { Content = again };
        request.Headers.Add("X-Stagedoor-Dialect", "cce-v3");
        using var later = await Admin.SendAsync(request, Cancellation);
        using var json = await Admin.PostAsJsonAsync(Charts, new { content = "x" }, Cancellation);
        using var invalid = AddonSite.Form(AddonSite.Chart("not-linted", "1.0.0", ("values.yaml", "ratio: .nan\n")));
        using var nan = await Admin.PostAsync(Charts, invalid, Cancellation);

        await seed.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
        var body = await AddonSite.ReadAsync(later, 400);
        Assert.Equal(("Status", "CCE.03400001", "SVCSTG.CCE-ADDONMGR.4000003"), (Of(body, "kind"), Of(body, "errorCode"), Of(body, "error_code")));
        Assert.Contains("Chart.yaml: name", Of(body, "message"), StringComparison.Ordinal);
        await json.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
        await nan.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.5000007")]
    public async Task Values_that_JSON_cannot_say_are_kept_as_bytes_and_spoil_no_list()
    {
        var package = AddonSite.Chart("not-a-number", "1.0.0", ("values.yaml", "ratio: .nan\n"));
        var id = Of(await site.UploadAsync(package, new { skip_lint = true }), "id");

        using var values = await Admin.GetAsync($"{Charts}/{id}/values", Cancellation);
        using var shown = await Admin.GetAsync($"{Charts}/{id}", Cancellation);
        var list = await Admin.GetFromJsonAsync<JsonElement>(Charts, Cancellation);

        foreach (var response in new[] { values, shown })
        {
            var error = await response.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000007");
            Assert.Contains("\"error_msg\":\"Convert object to []byte error\"", error.Body, StringComparison.Ordinal);
        }

        Assert.Equal("", Of(list.EnumerateArray().Single(c => Of(c, "id") == id), "values"));
        Assert.Equal(package, await Admin.GetByteArrayAsync($"{Charts}/{id}/archive", Cancellation));
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.5000201")]
    public async Task A_store_that_takes_nothing_is_the_upload_failure_and_nothing_is_listed()
    {
        using var form = AddonSite.Form(AddonSite.Chart("unlucky", "1.0.0"));
        File.Move(Mark, Mark + ".away");
        try
        {
            using var response = await Admin.PostAsync(Charts, form, Cancellation);
            await response.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000201");
        }
        finally
        {
            File.Move(Mark + ".away", Mark);
        }

        var list = await Admin.GetFromJsonAsync<JsonElement>(Charts, Cancellation);
        Assert.DoesNotContain(list.EnumerateArray(), static c => Of(c, "name") == "unlucky");
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.5000203")]
    public async Task A_package_that_cannot_be_removed_leaves_its_chart_listed()
    {
        var id = Of(await site.UploadAsync(AddonSite.Chart("sticky-chart", "1.0.0")), "id");
        File.Move(Mark, Mark + ".away");
        try
        {
            using var response = await Admin.DeleteAsync($"{Charts}/{id}", Cancellation);
            await response.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000203");
        }
        finally
        {
            File.Move(Mark + ".away", Mark);
        }

        using var archive = await Admin.GetAsync($"{Charts}/{id}/archive", Cancellation);
        using var again = await Admin.DeleteAsync($"{Charts}/{id}", Cancellation);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (archive.StatusCode, again.StatusCode));
    }

    [Fact]
    public async Task A_project_has_so_many_charts_and_each_version_counts()
    {
        await using var app = await StagedoorApp.StartAsync(("Addons:MaxChartsPerProject", "2"));
        foreach (var (version, status) in new[] { ("1.0.0", 201), ("2.0.0", 201), ("3.0.0", 409) })
        {
            using var form = AddonSite.Form(AddonSite.Chart("counted", version));
            using var response = await app.Admin.PostAsync(Charts, form, Cancellation);
            Assert.Equal(status, (int)response.StatusCode);
        }

        using var replacing = AddonSite.Form(AddonSite.Chart("counted", "2.0.0", ("values.yaml", "replicas: 2\n")), new { @override = true });
        using var replaced = await app.Admin.PostAsync(Charts, replacing, Cancellation);
        var quotas = await app.Admin.GetStringAsync($"{Charts}/{app.FirstRun.ProjectId}/quotas", Cancellation);

        Assert.Equal(HttpStatusCode.Created, replaced.StatusCode);
        Assert.Equal("""{"quotas":{"resources":[{"type":"cceChart","quota":2,"used":2}]}}""", quotas);
    }

    [Fact]
    [Provokes("CCE.03403001")]
    public async Task Who_may_only_look_uploads_nothing_and_who_has_no_role_sees_nothing()
    {
        var (_, stranger) = await site.AddUserAsync("chart-stranger");
        var reader = await site.AddReaderAsync("chart-reader");
        var id = Of(await site.UploadAsync(AddonSite.Chart("looked-at", "1.0.0")), "id");

        using var hidden = await stranger.GetAsync(Charts, Cancellation);
        using var form = AddonSite.Form(AddonSite.Chart("by-a-reader", "1.0.0"));
        using var uploaded = await reader.PostAsync(Charts, form, Cancellation);
        using var deleted = await reader.DeleteAsync($"{Charts}/{id}", Cancellation);
        using var seen = await reader.GetAsync($"{Charts}/{id}/archive", Cancellation);

        await hidden.ShouldFailAsync(403, "CCE.03403001");
        await uploaded.ShouldFailAsync(403, "CCE.03403001");
        await deleted.ShouldFailAsync(403, "CCE.03403001");
        Assert.Equal(HttpStatusCode.OK, seen.StatusCode);
    }

    [Fact]
    public async Task Under_autopilot_are_the_same_charts()
    {
        using var form = AddonSite.Form(AddonSite.Chart("twin", "1.0.0"));
        using var made = await Admin.PostAsync("/autopilot" + Charts, form, Cancellation);
        var id = Of(await AddonSite.ReadAsync(made, 201), "id");

        Assert.Equal(await Admin.GetStringAsync($"{Charts}/{id}", Cancellation), await Admin.GetStringAsync($"/autopilot{Charts}/{id}", Cancellation));
        using var deleted = await Admin.DeleteAsync($"/autopilot{Charts}/{id}", Cancellation);
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
    }

    private static string Of(JsonElement chart, string member) => chart.GetProperty(member).GetString()!;

    private async Task<HttpResponseMessage> PutAsync(string id, byte[] package)
    {
        using var form = AddonSite.Form(package);
        return await Admin.PutAsync($"{Charts}/{id}", form, Cancellation);
    }
}
