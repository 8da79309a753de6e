using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>Releases of charts in a cluster of files.</summary>
public sealed class ReleaseTests(ReleaseSite site) : IClassFixture<ReleaseSite>
{
    private HttpClient Admin => site.App.Admin;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_release_is_installed_upgraded_brought_back_and_deleted()
    {
        var first = await site.UploadAsync("living", "1.0.0");
        var second = await site.UploadAsync("living", "2.0.0", ("values.yaml", "replicas: 5\n"));

        using var response = await Admin.PostAsJsonAsync(site.Releases, ReleaseSite.Wish(first, "living", new { replicas = 2 }), Cancellation);
        var made = await AddonSite.ReadAsync(response, 201);
        Assert.Equal(
            "chart_name chart_public chart_version cluster_id cluster_name create_at description name namespace parameters resources status status_description update_at values version",
            string.Join(' ', made.EnumerateObject().Select(static p => p.Name)));
        Assert.Equal(("PENDING_INSTALL", 1, "living", "1.0.0", """{"replicas":2}"""), (Of(made, "status"), made.GetProperty("version").GetInt32(), Of(made, "chart_name"), Of(made, "chart_version"), Of(made, "values")));
        await site.WaitAsync("living", "DEPLOYED", 1);
        Assert.Contains("replicas: \"2\"", site.File("living"), StringComparison.Ordinal);

        using var upgrading = await Admin.PutAsJsonAsync(site.Release("living"), ReleaseSite.Change(second, "upgrade", values: new { replicas = 3 }), Cancellation);
        Assert.Equal("PENDING_UPGRADE", Of(await AddonSite.ReadAsync(upgrading), "status"));
        var upgraded = await site.WaitAsync("living", "DEPLOYED", 2);
        Assert.Equal(("2.0.0", """{"replicas":3}"""), (Of(upgraded, "chart_version"), Of(upgraded, "values")));
        Assert.Contains("replicas: \"3\"", site.File("living"), StringComparison.Ordinal);

        using var returning = await Admin.PutAsJsonAsync(site.Release("living"), ReleaseSite.Change(second, "rollback", new { release_version = 1 }), Cancellation);
        Assert.Equal("PENDING_ROLLBACK", Of(await AddonSite.ReadAsync(returning), "status"));
        var back = await site.WaitAsync("living", "DEPLOYED", 3);
        Assert.Equal(("1.0.0", "Rollback to 1"), (Of(back, "chart_version"), Of(back, "description")));
        Assert.Contains("replicas: \"2\"", site.File("living"), StringComparison.Ordinal);
        var history = await Admin.GetFromJsonAsync<JsonElement>($"{site.Release("living")}/history", Cancellation);
        Assert.Equal(["1 SUPERSEDED", "2 SUPERSEDED", "3 DEPLOYED"], history.EnumerateArray().Select(static h => $"{h.GetProperty("version").GetInt32()} {Of(h, "status")}"));

        var shown = await Admin.GetFromJsonAsync<JsonElement>($"{site.Release("living")}?show_resources=true", Cancellation);
        var resource = Assert.Single(JsonElement.Parse(Of(shown, "resources")).EnumerateArray());
        Assert.Equal(("ConfigMap", "living", true), (Of(resource, "kind"), Of(resource, "name"), resource.GetProperty("ready").GetBoolean()));
        using var deleting = await Admin.DeleteAsync(site.Release("living"), Cancellation);
        Assert.Equal("DELETING", Of(await AddonSite.ReadAsync(deleting), "status"));
        await site.WaitGoneAsync("living");
    }

    [Fact]
    public async Task A_dry_run_renders_and_leaves_nothing()
    {
        var chart = await site.UploadAsync("dry", "1.0.0");

        using var response = await Admin.PostAsJsonAsync(site.Releases, ReleaseSite.Wish(chart, "dry", new { replicas = 4 }, new { dry_run = true }), Cancellation);
        var rendered = await AddonSite.ReadAsync(response, 201);
        using var shown = await Admin.GetAsync(site.Release("dry"), Cancellation);

        var manifest = Assert.Single(JsonElement.Parse(Of(rendered, "resources")).EnumerateArray()).GetProperty("manifest");
        Assert.Equal("4", manifest.GetProperty("data").GetProperty("replicas").GetString());
        Assert.Equal("PENDING_INSTALL", Of(rendered, "status"));
        await shown.ShouldFailAsync(404, "CCE.03404001");
    }

    [Fact]
    public async Task A_release_outlives_its_chart()
    {
        var chart = await site.UploadAsync("outlived", "1.0.0");
        using var made = await Admin.PostAsJsonAsync(site.Releases, ReleaseSite.Wish(chart, "outlived"), Cancellation);
        using var deleted = await Admin.DeleteAsync($"/v2/charts/{chart}", Cancellation);

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (made.StatusCode, deleted.StatusCode));
        await site.WaitAsync("outlived", "DEPLOYED", 1);
        using var again = await Admin.PostAsJsonAsync(site.Releases, ReleaseSite.Wish(chart, "outlived-2"), Cancellation);
        await again.ShouldFailAsync(404, "CCE.03404001");
    }

    [Fact]
    public async Task A_name_is_taken_once_and_what_is_not_there_is_not_found()
    {
        var chart = await site.UploadAsync("taken", "1.0.0");
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Admin.PostAsJsonAsync(site.Releases, ReleaseSite.Wish(chart, "taken"), Cancellation)));

        Assert.Equal([201, 409, 409, 409], answers.Select(static a => (int)a.StatusCode).Order());
        await site.WaitAsync("taken", "DEPLOYED", 1);
        foreach (var path in new[] { site.Release("absent"), $"{site.Release("absent")}/history", $"/cce/cam/v3/clusters/{Guid.NewGuid()}/releases", site.Release("Not_A_Name") })
        {
            using var missing = await Admin.GetAsync(path, Cancellation);
            await missing.ShouldFailAsync(404, "CCE.03404001");
        }

        using var revision = await Admin.PutAsJsonAsync(site.Release("taken"), ReleaseSite.Change(chart, "rollback", new { release_version = 7 }), Cancellation);
        await revision.ShouldFailAsync(404, "CCE.03404001");
    }

    [Theory]
    [InlineData("""{"name":"a","namespace":"default","values":{}}""", "chart_id")]
    [InlineData("""{"chart_id":"x","namespace":"default","values":{}}""", "name")]
    [InlineData("""{"chart_id":"x","name":"A B","namespace":"default","values":{}}""", "name")]
    [InlineData("""{"chart_id":"x","name":"a","values":{}}""", "namespace")]
    [InlineData("""{"chart_id":"x","name":"a","namespace":"default"}""", "values")]
    [InlineData("""{"chart_id":"x","name":"a","namespace":"default","values":[]}""", "values")]
    [InlineData("""{"chart_id":""", "body")]
    public async Task A_bad_wish_is_refused_with_its_field(string body, string field)
    {
        using var response = await Admin.PostAsync(site.Releases, new StringContent(body, System.Text.Encoding.UTF8, "application/json"), Cancellation);

        var error = await response.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
        Assert.True(field is "body" || JsonElement.Parse(error.Body).GetProperty("message").GetString()!.StartsWith(field, StringComparison.Ordinal), error.Body);
    }

    [Fact]
    public async Task Values_that_the_chart_does_not_take_are_refused_before_anything_is_recorded()
    {
        var chart = await site.UploadAsync("strict", "1.0.0", ("values.schema.json", """{"properties":{"replicas":{"type":"integer"}}}"""));

        using var response = await Admin.PostAsJsonAsync(site.Releases, ReleaseSite.Wish(chart, "strict", new { replicas = "many" }), Cancellation);
        using var shown = await Admin.GetAsync(site.Release("strict"), Cancellation);

        await response.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
        await shown.ShouldFailAsync(404, "CCE.03404001");
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.5000007")]
    public async Task A_chart_whose_values_JSON_cannot_say_is_not_installed()
    {
        using var form = AddonSite.Form(AddonSite.Chart("nan", "1.0.0", ("values.yaml", "ratio: .nan\n")), new { skip_lint = true });
        using var uploaded = await Admin.PostAsync("/v2/charts", form, Cancellation);
        var chart = Of(await AddonSite.ReadAsync(uploaded, 201), "id");

        using var response = await Admin.PostAsJsonAsync(site.Releases, ReleaseSite.Wish(chart, "nan"), Cancellation);

        await response.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000007");
    }

    [Fact]
    public async Task A_chart_for_other_clusters_is_refused()
    {
        var chart = await site.UploadAsync("younger", "1.0.0", ("Chart.yaml", "apiVersion: v2\nname: younger\nversion: 1.0.0\nkubeVersion: \">=1.30.0\"\n"));

        using var response = await Admin.PostAsJsonAsync(site.Releases, ReleaseSite.Wish(chart, "younger"), Cancellation);

        await response.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4030302");
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.5000006")]
    public async Task A_record_that_nobody_understands_is_unknown_in_the_list_and_an_error_elsewhere()
    {
        var chart = await site.UploadAsync("garbled", "1.0.0");
        using var made = await Admin.PostAsJsonAsync(site.Releases, ReleaseSite.Wish(chart, "garbled"), Cancellation);
        await site.WaitAsync("garbled", "DEPLOYED", 1);
        await System.IO.File.WriteAllTextAsync(Path.Combine(site.Folder("garbled"), "inventory.json"), "{", Cancellation);

        using var shown = await Admin.GetAsync(site.Release("garbled"), Cancellation);
        using var changed = await Admin.PutAsJsonAsync(site.Release("garbled"), ReleaseSite.Change(chart, "upgrade"), Cancellation);
        var list = await Admin.GetFromJsonAsync<JsonElement>($"{site.Releases}?namespace=default", Cancellation);

        foreach (var response in new[] { shown, changed })
        {
            await response.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000006");
        }

        Assert.Equal("UNKNOWN", Of(list.EnumerateArray().Single(static r => Of(r, "name") == "garbled"), "status"));
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.5000002")]
    public async Task A_cluster_that_cannot_be_read_is_said_at_once()
    {
        var chart = await site.UploadAsync("blocked", "1.0.0");
        using var made = await Admin.PostAsJsonAsync(site.Releases, ReleaseSite.Wish(chart, "blocked"), Cancellation);
        await site.WaitAsync("blocked", "DEPLOYED", 1);
        Directory.Delete(site.Folder("blocked"), recursive: true);
        await System.IO.File.WriteAllTextAsync(site.Folder("blocked"), "", Cancellation);
        try
        {
            using var shown = await Admin.GetAsync(site.Release("blocked"), Cancellation);
            await shown.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000002");
        }
        finally
        {
            System.IO.File.Delete(site.Folder("blocked"));
        }

        // Taken away by hand it is gone, and its name is free.
        using var gone = await Admin.GetAsync(site.Release("blocked"), Cancellation);
        using var again = await Admin.PostAsJsonAsync(site.Releases, ReleaseSite.Wish(chart, "blocked"), Cancellation);
        await gone.ShouldFailAsync(404, "CCE.03404001");
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
    }

    [Fact]
    public async Task The_older_and_the_autopilot_paths_are_the_same_releases()
    {
        var chart = await site.UploadAsync("paths", "1.0.0");
        using var made = await Admin.PostAsJsonAsync($"/v2/releases?cluster_id={site.Cluster}", ReleaseSite.Wish(chart, "paths"), Cancellation);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        await site.WaitAsync("paths", "DEPLOYED", 1);

        var newer = await Admin.GetStringAsync(site.Release("paths"), Cancellation);
        Assert.Equal(newer, await Admin.GetStringAsync($"/v2/releases/paths?cluster_id={site.Cluster}&namespace=default", Cancellation));
        Assert.Equal(newer, await Admin.GetStringAsync(site.Release("paths").Replace("/cce/", "/autopilot/", StringComparison.Ordinal), Cancellation));
        var list = await Admin.GetFromJsonAsync<JsonElement>($"{site.Releases}?chart_id={chart}", Cancellation);
        Assert.Equal("paths", Of(Assert.Single(list.EnumerateArray()), "name"));
        using var nowhere = await Admin.GetAsync("/v2/releases", Cancellation);
        await nowhere.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
    }

    [Fact]
    public async Task Who_may_only_look_changes_nothing()
    {
        var chart = await site.UploadAsync("guarded", "1.0.0");
        using var made = await Admin.PostAsJsonAsync(site.Releases, ReleaseSite.Wish(chart, "guarded"), Cancellation);
        await site.WaitAsync("guarded", "DEPLOYED", 1);
        var reader = await site.Site.AddReaderAsync("release-reader");

        using var installed = await reader.PostAsJsonAsync(site.Releases, ReleaseSite.Wish(chart, "guarded-2"), Cancellation);
        using var deleted = await reader.DeleteAsync(site.Release("guarded"), Cancellation);
        using var seen = await reader.GetAsync(site.Release("guarded"), Cancellation);

        await installed.ShouldFailAsync(403, "CCE.03403001");
        await deleted.ShouldFailAsync(403, "CCE.03403001");
        Assert.Equal(HttpStatusCode.OK, seen.StatusCode);
    }

    [Fact]
    [Provokes("CCE.01429002")]
    public async Task What_is_being_changed_is_busy_and_can_still_be_deleted()
    {
        var chart = await site.UploadAsync("busy", "1.0.0");
        using var made = await Admin.PostAsJsonAsync(site.Releases, ReleaseSite.Wish(chart, "busy"), Cancellation);
        await site.WaitAsync("busy", "DEPLOYED", 1);
        site.App.Sabotage("addons").Execute("UPDATE chart_release SET operation = 'upgrade', status = 'pending-upgrade' WHERE name = 'busy'");

        using var changed = await Admin.PutAsJsonAsync(site.Release("busy"), ReleaseSite.Change(chart, "upgrade"), Cancellation);
        using var deregistered = await Admin.DeleteAsync($"{site.Site.Clusters}/{site.Cluster}?delete_addons=preserve", Cancellation);
        using var deleted = await Admin.DeleteAsync(site.Release("busy"), Cancellation);

        await changed.ShouldFailAsync(429, "CCE.01429002");
        Assert.Equal(TimeSpan.FromSeconds(5), changed.Headers.RetryAfter?.Delta);
        await deregistered.ShouldFailAsync(409, "CCE.03409001");
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        await site.WaitGoneAsync("busy");
    }

    [Fact]
    public async Task What_a_restart_cuts_off_is_done_to_its_end()
    {
        await using var own = new ReleaseSite();
        await own.InitializeAsync();
        var chart = await own.UploadAsync("cut", "1.0.0");
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(n => own.App.Admin.PostAsJsonAsync(own.Releases, ReleaseSite.Wish(chart, $"cut-{n}"), Cancellation)));
        Assert.All(answers, static a => Assert.Equal(HttpStatusCode.Created, a.StatusCode));

        await own.App.RestartAsync();

        for (var n = 0; n < 5; n++)
        {
            await own.WaitAsync($"cut-{n}", "DEPLOYED", 1);
        }
    }

    private static string Of(JsonElement release, string member) => release.GetProperty(member).GetString()!;
}
