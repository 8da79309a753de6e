using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Retention;

/// <summary>Rules by which tags go: N1 to N6.</summary>
public sealed class RetentionTests(Installation images) : IClassFixture<Installation>
{
    private const string Repos = "/v2/manage/namespaces/team/repos";
    private const string KeepTwo = """{"algorithm":"or","rules":[{"template":"tag_rule","params":{"num":2},"tag_selectors":[{"kind":"label","pattern":"stable"},{"kind":"regexp","pattern":"^v1[.]"}]}]}""";
    private const string Monthly = """{"algorithm":"or","rules":[{"template":"date_rule","params":{"days":"30"},"tag_selectors":[]}]}""";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Admin => images.App.Admin;

    [Fact]
    public async Task A_rule_for_a_number_keeps_the_newest_and_what_is_exempt()
    {
        await PushAsync("numbered", "v1.0", "stable", "a", "b", "c", "d");
        var preview = await PreviewAsync("numbered", KeepTwo);
        Assert.Equal(["b: not among the 2 that were moved last", "a: not among the 2 that were moved last"], Reasons(preview, "tags"));
        Assert.Equal(["stable: exempt by the label stable", "v1.0: exempt by the regexp ^v1[.]"], Reasons(preview, "kept"));
        Assert.Equal((2, 2), (preview.GetProperty("total").GetInt64(), preview.GetProperty("kept_total").GetInt64()));
        Assert.Equal(6, (await TagsAsync("numbered")).Count);

        var id = await CreateAsync("numbered", KeepTwo);
        await ShouldHaveAsync("numbered", "c", "d", "stable", "v1.0");

        var shown = await Admin.GetFromJsonAsync<JsonElement>($"{Repos}/numbered/retentions/{id}", Cancellation);
        Assert.Equal(["id", "algorithm", "rules", "scope"], shown.EnumerateObject().Select(m => m.Name));
        Assert.Equal("""[{"template":"tag_rule","params":{"num":"2"},"tag_selectors":[{"kind":"label","pattern":"stable"},{"kind":"regexp","pattern":"^v1[.]"}]}]""", shown.GetProperty("rules").GetRawText());
        Assert.Equal(shown.GetRawText(), Assert.Single((await Admin.GetFromJsonAsync<JsonElement>($"{Repos}/numbered/retentions", Cancellation)).EnumerateArray()).GetRawText());

        using var response = await Admin.GetAsync($"{Repos}/numbered/retentions/histories?filter=limit::1%7Coffset::0", Cancellation);
        Assert.Equal("0-1/2", response.Content.Headers.GetValues("Content-Range").Single());
        var log = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        var entry = Assert.Single(log.GetProperty("retention_log").EnumerateArray());
        Assert.Equal(["id", "retention_id", "namespace", "repo", "tag", "created_at", "rule_type"], entry.EnumerateObject().Select(m => m.Name));
        Assert.Equal((2, id, "a"), (log.GetProperty("total").GetInt64(), entry.GetProperty("retention_id").GetInt64(), entry.GetProperty("tag").GetString()));
        Assert.Contains("tag_rule", entry.GetProperty("rule_type").GetString(), StringComparison.Ordinal);

        // What a rule has deleted can be restored, and counts as moved then.
        using var restored = await SendAsync(HttpMethod.Post, "numbered/tags/a/restore", "");
        await Installation.ShouldBeAsync(restored, 201);
        Assert.Equal(["c: not among the 2 that were moved last"], Reasons(await DryRunAsync("numbered", id), "tags"));
    }

    [Fact]
    public async Task A_rule_for_age_goes_by_when_a_tag_was_moved()
    {
        await PushAsync("aged", "old", "edge", "young");
        Age("aged", "old", 31);
        Age("aged", "edge", 29);

        var preview = await PreviewAsync("aged", Monthly);
        Assert.Equal(["old: not moved for 30 days"], Reasons(preview, "tags"));
        var id = await CreateAsync("aged", Monthly);

        await ShouldHaveAsync("aged", "edge", "young");
        Assert.Empty(Reasons(await DryRunAsync("aged", id), "tags"));
        var counters = await Admin.GetFromJsonAsync<JsonElement>($"{Repos}/aged", Cancellation);
        Assert.Equal((2, 600), (counters.GetProperty("num_images").GetInt64(), counters.GetProperty("size").GetInt64()));
    }

    [Fact]
    public async Task A_rule_is_executed_when_it_is_changed_and_again_after_an_hour()
    {
        await PushAsync("hourly", "a", "b", "c");
        var id = await CreateAsync("hourly", Monthly);
        using (var dry = await SendAsync(HttpMethod.Patch, $"hourly/retentions/{id}?dry_run=true", KeepTwo))
        {
            await Installation.ShouldBeAsync(dry, 200);
            Assert.Equal(["a: not among the 2 that were moved last"], Reasons(await dry.Content.ReadFromJsonAsync<JsonElement>(Cancellation), "tags"));
        }

        using (var changed = await SendAsync(HttpMethod.Patch, $"hourly/retentions/{id}", KeepTwo))
        {
            await Installation.ShouldBeAsync(changed, 201);
        }

        await ShouldHaveAsync("hourly", "b", "c");
        await PushAsync("hourly", "d");
        images.App.Sabotage("images").Execute($"UPDATE retention_rules SET ran_at = ran_at - 3600000 WHERE id = {id}");
        images.App.Clock.Advance(TimeSpan.FromMinutes(1));
        await ShouldHaveAsync("hourly", "c", "d");

        using (var deleted = await Admin.DeleteAsync($"{Repos}/hourly/retentions/{id}", Cancellation))
        {
            await Installation.ShouldBeAsync(deleted, 200);
            Assert.Equal("{}", await deleted.Content.ReadAsStringAsync(Cancellation));
        }

        using var gone = await Admin.GetAsync($"{Repos}/hourly/retentions/{id}", Cancellation);
        await gone.ShouldFailAsync(404, "SVCSTG.SWR.4040091");
        Assert.Equal("[]", await Admin.GetStringAsync($"{Repos}/hourly/retentions", Cancellation));
    }

    [Fact]
    public async Task More_tags_than_a_page_go_one_portion_after_the_other()
    {
        var manifest = await images.NewManifestAsync("team/crowded");
        using (var pushed = await images.PutManifestAsync("team/crowded", "keep", manifest))
        {
            await Installation.ShouldBeAsync(pushed, 201);
        }

        images.App.Sabotage("images").Execute(
            """
            INSERT INTO tags (id, repository_id, name, digest, created_at, updated_at)
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
            SELECT 1000000 + i, t.repository_id, 't' || i, t.digest, 5, 5 + i / 10 FROM n, (SELECT * FROM tags WHERE name = 'keep' AND repository_id = (SELECT id FROM repositories WHERE name = 'crowded')) t
            """);
        images.App.Sabotage("images").Execute("UPDATE repositories SET num_images = 1201, size = 1201 * 300 WHERE name = 'crowded'");
        var preview = await PreviewAsync("crowded", Monthly);
        Assert.Equal((1200, 1000), (preview.GetProperty("total").GetInt64(), preview.GetProperty("tags").GetArrayLength()));

        await CreateAsync("crowded", """{"algorithm":"or","rules":[{"template":"date_rule","params":{"days":1},"tag_selectors":[{"kind":"label","pattern":"t7"}]}]}""");

        await ShouldHaveAsync("crowded", "keep", "t7");
        var counters = await Admin.GetFromJsonAsync<JsonElement>($"{Repos}/crowded", Cancellation);
        Assert.Equal((2, 600), (counters.GetProperty("num_images").GetInt64(), counters.GetProperty("size").GetInt64()));
    }

    [Fact]
    public async Task What_is_no_rule_is_refused()
    {
        await PushAsync("ruled", "a");
        static string Rule(string template, string numbers, string selectors) =>
            $$"""{"algorithm":"or","rules":[{"template":"{{template}}","params":{{numbers}},"tag_selectors":{{selectors}}}]}""";
        foreach (var (body, code) in ((string, string)[])
        [
            ("[]", "SVCSTG.SWR.4000014"),
            ("{}", "SVCSTG.SWR.4001014"),
            ("""{"algorithm":"or"}""", "SVCSTG.SWR.4001014"),
            ("""{"algorithm":"and","rules":[]}""", "SVCSTG.SWR.4000014"),
            ("""{"algorithm":"or","rules":[]}""", "SVCSTG.SWR.4000014"),
            ("""{"algorithm":"or","rules":[null]}""", "SVCSTG.SWR.4000014"),
            ("""{"algorithm":"or","rules":[{"template":"date_rule","params":{"days":"1"}}]}""", "SVCSTG.SWR.4001014"),
            (Rule("size_rule", """{"days":"1"}""", "[]"), "SVCSTG.SWR.4000014"),
            (Rule("date_rule", """{"num":"1"}""", "[]"), "SVCSTG.SWR.4000014"),
            (Rule("date_rule", """{"days":"0"}""", "[]"), "SVCSTG.SWR.4000014"),
            (Rule("date_rule", """{"days":366}""", "[]"), "SVCSTG.SWR.4000014"),
            (Rule("date_rule", """{"days":1.5}""", "[]"), "SVCSTG.SWR.4000014"),
            (Rule("tag_rule", """{"num":"1001"}""", "[]"), "SVCSTG.SWR.4000014"),
            (Rule("tag_rule", """{"num":"-1"}""", "[]"), "SVCSTG.SWR.4000014"),
            (Rule("tag_rule", """{"num":true}""", "[]"), "SVCSTG.SWR.4000014"),
            (Rule("tag_rule", """{"num":"1"}""", "[null]"), "SVCSTG.SWR.4001014"),
            (Rule("tag_rule", """{"num":"1"}""", """[{"kind":"glob","pattern":"x"}]"""), "SVCSTG.SWR.4000014"),
            (Rule("tag_rule", """{"num":"1"}""", """[{"kind":"label","pattern":"-"}]"""), "SVCSTG.SWR.4000014"),
            (Rule("tag_rule", """{"num":"1"}""", """[{"kind":"regexp","pattern":"("}]"""), "SVCSTG.SWR.4000014"),
            (Rule("tag_rule", """{"num":"1"}""", """[{"kind":"regexp","pattern":"(?=a)"}]"""), "SVCSTG.SWR.4000014"),
            (Rule("tag_rule", """{"num":"1"}""", """[{"kind":"regexp","pattern":"((a{100}){100}){100}"}]"""), "SVCSTG.SWR.4000014"),
            (Rule("tag_rule", """{"num":"1"}""", $$"""[{"kind":"regexp","pattern":"{{new string('a', 256)}}"}]"""), "SVCSTG.SWR.4000014"),
            (Rule("tag_rule", """{"num":"1"}""", "[" + string.Join(',', Enumerable.Repeat("""{"kind":"label","pattern":"x"}""", 101)) + "]"), "SVCSTG.SWR.4000014"),
        ])
        {
            using var response = await SendAsync(HttpMethod.Post, "ruled/retentions", body);
            await response.ShouldFailAsync(400, code);
        }

        foreach (var days in (string[])["1", "365"])
        {
            using var dry = await SendAsync(HttpMethod.Post, "ruled/retentions?dry_run=true", Rule("date_rule", $$"""{"days":"{{days}}"}""", "[]"));
            await Installation.ShouldBeAsync(dry, 200);
        }

        var id = await CreateAsync("ruled", Monthly);
        using var second = await SendAsync(HttpMethod.Post, "ruled/retentions", Monthly);
        await second.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
        using var flag = await SendAsync(HttpMethod.Patch, $"ruled/retentions/{id}?dry_run=1", Monthly);
        await flag.ShouldFailAsync(400, "SVCSTG.SWR.4001025");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4040091")]
    public async Task A_rule_that_is_not_there_is_not_found()
    {
        await PushAsync("ruleless", "a");
        await PushAsync("other", "a");
        var other = await CreateAsync("other", Monthly);
        foreach (var (id, status, code) in ((string, int, string)[])[("x", 400, "SVCSTG.SWR.4000014"), ("-1", 400, "SVCSTG.SWR.4000014"), ("9999", 404, "SVCSTG.SWR.4040091"), ($"{other}", 404, "SVCSTG.SWR.4040091")])
        {
            using var shown = await Admin.GetAsync($"{Repos}/ruleless/retentions/{id}", Cancellation);
            await shown.ShouldFailAsync(status, code);
            using var changed = await SendAsync(HttpMethod.Patch, $"ruleless/retentions/{id}", Monthly);
            await changed.ShouldFailAsync(status, code);
            using var tried = await SendAsync(HttpMethod.Patch, $"ruleless/retentions/{id}?dry_run=true", Monthly);
            await tried.ShouldFailAsync(status, code);
            using var deleted = await Admin.DeleteAsync($"{Repos}/ruleless/retentions/{id}", Cancellation);
            await deleted.ShouldFailAsync(status, code);
        }
    }

    [Fact]
    public async Task Rules_are_for_those_who_may_delete()
    {
        await PushAsync("guarded", "a");
        var id = await CreateAsync("guarded", Monthly);
        foreach (var (auth, read, write) in ((int, int, int)[])[(1, 200, 403), (3, 200, 403), (7, 200, 201)])
        {
            var user = await images.AddUserAsync($"retainer-{auth}");
            using var client = user.Signed;
            images.GrantOnRepository("guarded", user.Id, auth);
            images.Forget();
            foreach (var path in (string[])["retentions", $"retentions/{id}", $"retentions/{id}?dry_run=true", "retentions/histories"])
            {
                using var shown = await client.GetAsync($"{Repos}/guarded/{path}", Cancellation);
                await Installation.ShouldBeAsync(shown, read);
            }

            using var changed = await SendAsync(HttpMethod.Patch, $"guarded/retentions/{id}", Monthly, client);
            await Installation.ShouldBeAsync(changed, write);
            using var tried = await SendAsync(HttpMethod.Post, "guarded/retentions?dry_run=true", Monthly, client);
            await Installation.ShouldBeAsync(tried, write == 201 ? 200 : 403);
            using var deleted = await client.DeleteAsync($"{Repos}/guarded/retentions/{id}", Cancellation);
            await Installation.ShouldBeAsync(deleted, write == 201 ? 200 : 403);
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000032")]
    public async Task A_stored_rule_that_is_none_says_so_until_it_is_written_anew()
    {
        await PushAsync("broken", "a");
        var id = await CreateAsync("broken", Monthly);
        foreach (var text in (string[])["{bad", "[]", "null", """[{"template":"date_rule","params":{"days":"x"},"tag_selectors":[]}]""", """[{"template":"date_rule"}]"""])
        {
            images.App.Sabotage("images").Execute($"UPDATE retention_rules SET rules = '{text}' WHERE id = {id}");
            await ShouldFailAsync(HttpMethod.Get, "broken/retentions", "", "SVCSTG.SWR.5000032");
            await ShouldFailAsync(HttpMethod.Get, $"broken/retentions/{id}", "", "SVCSTG.SWR.5000032");
        }

        foreach (var (method, path, body, status) in ((HttpMethod, string, string, int)[])
        [
            (HttpMethod.Patch, $"broken/retentions/{id}", Monthly, 201), (HttpMethod.Get, "broken/retentions", "", 200), (HttpMethod.Get, $"broken/retentions/{id}", "", 200),
            (HttpMethod.Delete, $"broken/retentions/{id}", "", 200),
        ])
        {
            using var again = await SendAsync(method, path, body);
            await Installation.ShouldBeAsync(again, status);
        }
    }

    [Fact]
    public async Task An_execution_that_fails_is_tried_again_and_leaves_nothing_half_done()
    {
        await PushAsync("tried", "a", "b", "c");
        using (images.App.Sabotage("images").RefuseInsert("retention_logs"))
        {
            await CreateAsync("tried", KeepTwo);
            await Eventually.TrueAsync("a failed attempt", s_patience, async () => await images.App.Services.GetRequiredService<ImagesDb>().FindAsync<long>(
                "SELECT COUNT(*) FROM job WHERE kind = 'retention' AND error IS NOT NULL AND finished_at IS NULL", null, Cancellation) > 0);
            Assert.Equal(["a", "b", "c"], await TagsAsync("tried"));
        }

        images.App.Clock.Advance(TimeSpan.FromSeconds(30));
        await ShouldHaveAsync("tried", "b", "c");
    }

    private async Task PushAsync(string repository, params string[] tags)
    {
        foreach (var tag in tags)
        {
            await images.PushImageAsync($"team/{repository}", tag);
            images.Forget();
        }
    }

    private void Age(string repository, string tag, int days) => images.App.Sabotage("images").Execute(
        $"UPDATE tags SET updated_at = {images.App.Clock.GetUtcNow().AddDays(-days).ToUnixTimeMilliseconds()} WHERE name = '{tag}' AND repository_id = (SELECT id FROM repositories WHERE name = '{repository}')");

    private async Task<long> CreateAsync(string repository, string body)
    {
        using var created = await SendAsync(HttpMethod.Post, $"{repository}/retentions", body);
        await Installation.ShouldBeAsync(created, 201);
        return (await created.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("id").GetInt64();
    }

    private async Task<JsonElement> PreviewAsync(string repository, string body)
    {
        using var dry = await SendAsync(HttpMethod.Post, $"{repository}/retentions?dry_run=true", body);
        await Installation.ShouldBeAsync(dry, 200);
        return await dry.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }

    private async Task<JsonElement> DryRunAsync(string repository, long id) =>
        (await Admin.GetFromJsonAsync<JsonElement>($"{Repos}/{repository}/retentions/{id}?dry_run=true", Cancellation)).GetProperty("dry_run");

    private static IEnumerable<string> Reasons(JsonElement preview, string list) =>
        preview.GetProperty(list).EnumerateArray().Select(t => $"{t.GetProperty("tag").GetString()}: {t.GetProperty("reason").GetString()}");

    private async Task<List<string>> TagsAsync(string repository) =>
    [
        .. (await Admin.GetFromJsonAsync<JsonElement>($"{Repos}/{repository}/tags?limit=1000&order_column=tag&order_type=asc", Cancellation)).EnumerateArray().Select(t => t.GetProperty("Tag").GetString()!),
    ];

    private Task ShouldHaveAsync(string repository, params string[] tags) =>
        Eventually.TrueAsync($"{repository} has {string.Join(' ', tags)}", s_patience, async () => tags.SequenceEqual(await TagsAsync(repository)));

    private async Task ShouldFailAsync(HttpMethod method, string path, string body, string code)
    {
        using var response = await SendAsync(method, path, body);
        await response.ShouldFailAsync(500, code);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string body, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(method, $"{Repos}/{path}");
        if (body.Length > 0)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        return await (client ?? Admin).SendAsync(request, Cancellation);
    }
}
