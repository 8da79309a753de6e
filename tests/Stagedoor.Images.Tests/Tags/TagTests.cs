using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Tags;

/// <summary>Tags of the management API: T1 to T6.</summary>
public sealed class TagTests(Installation images) : IClassFixture<Installation>
{
    private const string Repos = "/v2/manage/namespaces/team/repos";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Admin => images.App.Admin;

    private string Host => new Uri(images.App.Url).Authority;

    [Fact]
    public async Task A_tag_is_listed_and_shown_with_what_it_points_to()
    {
        var (digest, bytes) = await images.PushImageAsync("team/shown", "v1");

        var item = Assert.Single(await ListAsync("shown"));
        Assert.Equal(
            [
                "id", "repo_id", "Tag", "image_id", "manifest", "digest", "schema", "path", "internal_path", "size", "is_trusted", "created", "updated", "deleted",
                "domain_id", "scanned", "tag_type",
            ],
            item.EnumerateObject().Select(m => m.Name));
        var config = JsonDocument.Parse(bytes).RootElement.GetProperty("config").GetProperty("digest").GetString()!;
        Assert.Equal(("v1", digest, config["sha256:".Length..]), (Text(item, "Tag"), Text(item, "digest"), Text(item, "image_id")));
        Assert.Equal(Encoding.UTF8.GetString(bytes), Text(item, "manifest"));
        Assert.Equal(($"{Host}/team/shown:v1", $"{Host}/team/shown:v1"), (Text(item, "path"), Text(item, "internal_path")));
        Assert.Equal((2, 300, 0), (item.GetProperty("schema").GetInt32(), item.GetProperty("size").GetInt64(), item.GetProperty("tag_type").GetInt32()));
        Assert.Equal(JsonValueKind.Null, item.GetProperty("deleted").ValueKind);
        Assert.Equal(JsonValueKind.Number, item.GetProperty("repo_id").ValueKind);

        var shown = await Admin.GetFromJsonAsync<JsonElement>($"{Repos}/shown/tags/v1", Cancellation);
        Assert.Equal(
            [
                "id", "repo_id", "tag", "image_id", "manifest", "digest", "schema", "path", "internal_path", "size", "is_trusted", "created", "updated", "domain_id",
                "tag_type",
            ],
            shown.EnumerateObject().Select(m => m.Name));
        Assert.Equal(("v1", digest), (Text(shown, "tag"), Text(shown, "digest")));
    }

    [Fact]
    public async Task An_index_has_the_size_of_its_images_and_no_image_id()
    {
        var (digest, bytes) = await images.PushImageAsync("team/indexed", "child");
        var index = JsonSerializer.SerializeToUtf8Bytes(
            new { schemaVersion = 2, mediaType = Installation.Index, manifests = new[] { new { mediaType = Installation.Manifest, digest, size = bytes.Length } } });
        using (var pushed = await images.PutManifestAsync("team/indexed", "all", index, Installation.Index))
        {
            await Installation.ShouldBeAsync(pushed, 201);
        }

        var shown = await Admin.GetFromJsonAsync<JsonElement>($"{Repos}/indexed/tags/all", Cancellation);

        Assert.Equal(("", 1, 300), (Text(shown, "image_id"), shown.GetProperty("tag_type").GetInt32(), shown.GetProperty("size").GetInt64()));
    }

    [Fact]
    public async Task A_list_is_filtered_ordered_and_paged()
    {
        foreach (var tag in (string[])["b-1", "a-2", "B-3", "c-4"])
        {
            await images.PushImageAsync("team/listed", tag);
            images.Forget();
        }

        Assert.Equal(["c-4", "B-3", "a-2", "b-1"], await NamesAsync("listed"));
        Assert.Equal(["b-1", "a-2", "B-3", "c-4"], await NamesAsync("listed", "order_column=updated_at&order_type=asc"));
        Assert.Equal(["B-3", "a-2", "b-1", "c-4"], await NamesAsync("listed", "order_column=tag&order_type=asc"));
        Assert.Equal(["c-4", "b-1", "a-2", "B-3"], await NamesAsync("listed", "order_column=tag&order_type=desc"));
        Assert.Equal(["b-1"], await NamesAsync("listed", "tag=b-"));
        Assert.Equal(["B-3"], await NamesAsync("listed", "filter=tag::B%7Climit::5"));
        Assert.Empty(await NamesAsync("listed", "tag=%25"));
        Assert.Empty(await NamesAsync("listed", $"tag={new string('x', 129)}"));
        foreach (var (query, range) in ((string, string)[])
        [
            ("limit=2&offset=0", "0-2/4"), ("limit=2&offset=2", "2-2/4"), ("limit=3&offset=3", "3-1/4"), ("limit=2&offset=9", "9-0/4"), ("limit=1&offset=1&tag=-", "1-1/4"),
            ("tag=none&limit=1&offset=0", "0-0/0"), ("deleted=true&limit=5&offset=0", "0-0/0"),
        ])
        {
            using var page = await Admin.GetAsync($"{Repos}/listed/tags?{query}", Cancellation);
            Assert.Equal(range, page.Content.Headers.GetValues("Content-Range").Single());
        }

        using var whole = await Admin.GetAsync($"{Repos}/listed/tags?limit=65535", Cancellation);
        Assert.False(whole.Content.Headers.Contains("Content-Range"));
    }

    [Theory]
    [InlineData("", "e d c b a")]
    [InlineData("&order_column=updated_at&order_type=asc", "a b c d e")]
    [InlineData("&order_column=tag&order_type=asc", "a b c d e")]
    [InlineData("&order_column=tag&order_type=desc", "e d c b a")]
    public async Task The_third_version_goes_on_by_a_marker(string order, string expected)
    {
        var name = $"marked-{order.Length}-{order.EndsWith("asc", StringComparison.Ordinal)}".ToLowerInvariant();
        var manifest = await images.NewManifestAsync($"team/{name}");
        foreach (var tag in (string[])["a", "b", "c", "d", "e"])
        {
            using var pushed = await images.PutManifestAsync($"team/{name}", tag, manifest);
            await Installation.ShouldBeAsync(pushed, 201);
        }

        // Some were moved in the same millisecond: their ids tell which comes first.
        images.App.Sabotage("images").Execute("UPDATE tags SET updated_at = 7 WHERE name IN ('b', 'c', 'd')");
        images.App.Sabotage("images").Execute("UPDATE tags SET updated_at = 3 WHERE name = 'a'");
        var names = new List<string>();
        for (string? marker = ""; marker is not null;)
        {
            var page = await Admin.GetFromJsonAsync<JsonElement>($"/v3/manage/namespaces/team/repos/{name}/tags?limit=2{order}{marker}", Cancellation);
            names.AddRange(page.GetProperty("tags").EnumerateArray().Select(t => Text(t, "tag")));
            var hasMore = page.GetProperty("has_more").GetBoolean();
            Assert.Equal(hasMore, page.TryGetProperty("nextMarker", out var next));
            Assert.Equal(hasMore, page.TryGetProperty("next_marker", out var same));
            Assert.True(!hasMore || next.GetString() == same.GetString());
            marker = hasMore ? $"&marker={next.GetString()}" : null;
        }

        Assert.Equal(expected.Split(' '), names);
    }

    [Fact]
    public async Task The_third_version_shows_manifests_where_they_are_asked_for()
    {
        var (_, bytes) = await images.PushImageAsync("team/bare", "v1");

        foreach (var (query, manifest) in ((string, string)[])[("", ""), ("?with_manifest=false", ""), ("?with_manifest=true&tag=v", Encoding.UTF8.GetString(bytes))])
        {
            var page = await Admin.GetFromJsonAsync<JsonElement>($"/v3/manage/namespaces/team/repos/bare/tags{query}", Cancellation);
            var tag = Assert.Single(page.GetProperty("tags").EnumerateArray());
            Assert.Equal(manifest, Text(tag, "manifest"));
            Assert.False(page.TryGetProperty("nextMarker", out _));
        }
    }

    [Fact]
    public async Task Manifests_of_a_page_end_where_they_would_fill_the_memory()
    {
        await images.PushImageAsync("team/huge", "first");
        images.Forget();
        for (var i = 0; i < 5; i++)
        {
            var manifest = await images.NewManifestAsync("team/huge", annotations: new { large = new string((char)('a' + i), 4_000_000) });
            using var pushed = await images.PutManifestAsync("team/huge", $"large-{i}", manifest);
            await Installation.ShouldBeAsync(pushed, 201);
            images.Forget();
        }

        var tags = await ListAsync("huge");

        Assert.Equal([true, true, true, true, false, false], tags.Select(t => Text(t, "manifest").Length > 0));
        Assert.All(tags, t => Assert.NotEqual(0, t.GetProperty("size").GetInt64()));
    }

    [Fact]
    public async Task A_page_is_read_from_an_index_in_each_order()
    {
        var db = images.App.Services.GetRequiredService<ImagesDb>();
        foreach (var (order, index) in ((string, string)[])
        [
            ("deleted_at IS NULL ORDER BY updated_at DESC, id DESC", "tags_by_update"),
            ("deleted_at IS NULL AND (updated_at, id) < (9, 9) ORDER BY updated_at DESC, id DESC", "tags_by_update"),
            ("deleted_at IS NULL ORDER BY updated_at, id", "tags_by_update"),
            ("deleted_at IS NOT NULL ORDER BY updated_at DESC, id DESC", "tags_deleted"),
            ("deleted_at IS NULL ORDER BY name", "sqlite_autoindex_tags_1"),
            ("digest = 'x' AND deleted_at IS NULL AND name > 'a' ORDER BY name", "tags_of_manifest"),
        ])
        {
            var details = (await db.QueryAsync<PlanStep>($"EXPLAIN QUERY PLAN SELECT id, name, digest, created_at, updated_at, deleted_at FROM tags WHERE repository_id = 5 AND {order} LIMIT 100", null, Cancellation))
                .Select(s => s.Detail).ToList();
            Assert.Contains(details, d => d.Contains($"USING INDEX {index} ", StringComparison.Ordinal));
            Assert.DoesNotContain(details, d => d.Contains("B-TREE", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_further_tag_points_to_the_same_image_and_is_counted()
    {
        var (digest, _) = await images.PushImageAsync("team/again", "v1");
        await images.PushImageAsync("team/again", "v2");

        using (var made = await RetagAsync("again", """{"source_tag":"v1","destination_tag":"stable"}"""))
        {
            Assert.Equal("{}", await made.Content.ReadAsStringAsync(Cancellation));
            await Installation.ShouldBeAsync(made, 201);
        }

        using var pulled = await images.Registry.GetAsync("/v2/team/again/manifests/stable", Cancellation);
        Assert.Equal(digest, pulled.Headers.GetValues("Docker-Content-Digest").Single());
        Assert.Equal((3, 900), await CountersAsync("again"));
        using (var refused = await RetagAsync("again", """{"source_tag":"v2","destination_tag":"stable"}"""))
        {
            await refused.ShouldFailAsync(409, "SVCSTG.SWR.4090006");
        }

        using (var moved = await RetagAsync("again", """{"source_tag":"v2","destination_tag":"stable","override":true}"""))
        {
            await Installation.ShouldBeAsync(moved, 201);
        }

        using var other = await images.Registry.GetAsync("/v2/team/again/manifests/stable", Cancellation);
        Assert.NotEqual(digest, other.Headers.GetValues("Docker-Content-Digest").Single());
        Assert.Equal((3, 900), await CountersAsync("again"));
    }

    [Fact]
    public async Task A_bad_retag_is_refused()
    {
        await images.PushImageAsync("team/strict", "v1");
        foreach (var (body, status, code) in ((string, int, string)[])
        [
            ("[]", 400, "SVCSTG.SWR.4000014"),
            ("null", 400, "SVCSTG.SWR.4000014"),
            ("""{"destination_tag":"x"}""", 400, "SVCSTG.SWR.4001014"),
            ("""{"source_tag":"v1","destination_tag":""}""", 400, "SVCSTG.SWR.4001014"),
            ("""{"source_tag":"v1","destination_tag":"-x"}""", 400, "SVCSTG.SWR.4000016"),
            ("""{"source_tag":"a b","destination_tag":"x"}""", 400, "SVCSTG.SWR.4000016"),
            ("""{"source_tag":"v1","destination_tag":"x","override":"yes"}""", 400, "SVCSTG.SWR.4000014"),
            ("""{"source_tag":"v9","destination_tag":"x"}""", 404, "SVCSTG.SWR.4040048"),
        ])
        {
            using var response = await RetagAsync("strict", body);
            await response.ShouldFailAsync(status, code);
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4040048")]
    public async Task A_deleted_tag_is_listed_apart_and_restored()
    {
        var (digest, _) = await images.PushImageAsync("team/undone", "v1");
        using (var deleted = await Admin.DeleteAsync($"{Repos}/undone/tags/v1", Cancellation))
        {
            await Installation.ShouldBeAsync(deleted, 204);
        }

        using (var gone = await Admin.GetAsync($"{Repos}/undone/tags/v1", Cancellation))
        {
            await gone.ShouldFailAsync(404, "SVCSTG.SWR.4040048");
        }

        using (var pulled = await images.Registry.GetAsync("/v2/team/undone/manifests/v1", Cancellation))
        {
            await pulled.ShouldFailAsync(404, "SVCSTG.SWR.4041056");
        }

        using (var twice = await Admin.DeleteAsync($"{Repos}/undone/tags/v1", Cancellation))
        {
            await twice.ShouldFailAsync(404, "SVCSTG.SWR.4040048");
        }

        Assert.Equal((0, 0), await CountersAsync("undone"));
        Assert.Empty(await ListAsync("undone"));
        var item = Assert.Single(await ListAsync("undone", "filter=deleted::true"));
        Assert.Equal(("v1", JsonValueKind.String), (Text(item, "Tag"), item.GetProperty("deleted").ValueKind));
        using (var restored = await RestoreAsync("undone", "v1"))
        {
            await Installation.ShouldBeAsync(restored, 201);
        }

        using var again = await images.Registry.GetAsync("/v2/team/undone/manifests/v1", Cancellation);
        Assert.Equal(digest, again.Headers.GetValues("Docker-Content-Digest").Single());
        Assert.Equal((1, 300), await CountersAsync("undone"));
        Assert.Empty(await ListAsync("undone", "filter=deleted::true"));
    }

    [Fact]
    public async Task Only_what_was_deleted_and_is_still_there_is_restored()
    {
        await images.PushImageAsync("team/final", "v1");
        using (var live = await RestoreAsync("final", "v1"))
        {
            await live.ShouldFailAsync(409, "SVCSTG.SWR.4090006");
        }

        using (var never = await RestoreAsync("final", "v2"))
        {
            await never.ShouldFailAsync(404, "SVCSTG.SWR.4040048");
        }

        using (var deleted = await Admin.DeleteAsync($"{Repos}/final/tags/v1", Cancellation))
        {
            await Installation.ShouldBeAsync(deleted, 204);
        }

        // As when the rows of a manifest were lost, and the tag came back from a backup.
        images.App.Sabotage("images").Execute("UPDATE tags SET digest = 'sha256:' || lower(hex(zeroblob(32))) WHERE name = 'v1' AND repository_id = (SELECT id FROM repositories WHERE name = 'final')");
        using var broken = await RestoreAsync("final", "v1");
        await broken.ShouldFailAsync(404, "SVCSTG.SWR.4040048");
        Assert.Equal((0, 0), await CountersAsync("final"));
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000099")]
    public async Task A_repository_has_at_most_as_many_tags_as_it_may()
    {
        await using var app = new FewTags();
        await app.InitializeAsync();
        await app.PushImageAsync("team/small", "v1");
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => SendAsync(
            HttpMethod.Post, $"{Repos}/small/tags", $$"""{"source_tag":"v1","destination_tag":"r{{i}}"}""", app.App.Admin)));
        Assert.Equal(2, answers.Count(r => (int)r.StatusCode == 201));
        await answers.First(r => (int)r.StatusCode != 201).ShouldFailAsync(400, "SVCSTG.SWR.4000099");
        Array.ForEach(answers, r => r.Dispose());

        using (var moved = await SendAsync(HttpMethod.Post, $"{Repos}/small/tags", """{"source_tag":"v1","destination_tag":"v1","override":true}""", app.App.Admin))
        {
            await Installation.ShouldBeAsync(moved, 201);
        }

        using (var deleted = await app.App.Admin.DeleteAsync($"{Repos}/small/tags/v1", Cancellation))
        {
            await Installation.ShouldBeAsync(deleted, 204);
        }

        await app.PushImageAsync("team/small", "v2");
        using var restored = await SendAsync(HttpMethod.Post, $"{Repos}/small/tags/v1/restore", "", app.App.Admin);
        await restored.ShouldFailAsync(400, "SVCSTG.SWR.4000099");
    }

    [Fact]
    public async Task What_the_tags_of_a_repository_add_up_to_can_always_be_counted()
    {
        await images.PushImageAsync("team/vast", "v1");
        using (var deleted = await RetagAndDeleteAsync())
        {
            await Installation.ShouldBeAsync(deleted, 204);
        }

        images.App.Sabotage("images").Execute($"UPDATE repositories SET size = {1L << 60} WHERE name = 'vast'");

        using var made = await RetagAsync("vast", """{"source_tag":"v1","destination_tag":"more"}""");
        await made.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
        using var restored = await RestoreAsync("vast", "gone");
        await restored.ShouldFailAsync(400, "SVCSTG.SWR.4000014");

        async Task<HttpResponseMessage> RetagAndDeleteAsync()
        {
            using var retagged = await RetagAsync("vast", """{"source_tag":"v1","destination_tag":"gone"}""");
            return await Admin.DeleteAsync($"{Repos}/vast/tags/gone", Cancellation);
        }
    }

    [Fact]
    public async Task Each_operation_needs_its_right()
    {
        await images.PushImageAsync("team/ruled", "v1");
        await images.PushImageAsync("team/ruled", "v2");
        using (var deleted = await Admin.DeleteAsync($"{Repos}/ruled/tags/v2", Cancellation))
        {
            await Installation.ShouldBeAsync(deleted, 204);
        }

        foreach (var (auth, list, retag, delete) in ((int, int, int, int)[])[(0, 403, 403, 403), (1, 200, 403, 403), (3, 200, 201, 403), (7, 200, 201, 204)])
        {
            var user = await images.AddUserAsync($"tagger-{auth}");
            using var client = user.Signed;
            if (auth > 0)
            {
                images.GrantOnRepository("ruled", user.Id, auth);
            }

            images.Forget();
            foreach (var path in (string[])[$"{Repos}/ruled/tags", $"{Repos}/ruled/tags/v1", $"{Repos}/ruled/v1/accessories", $"{Repos}/ruled/v1/references", "/v3/manage/namespaces/team/repos/ruled/tags"])
            {
                using var read = await client.GetAsync(path, Cancellation);
                await Installation.ShouldBeAsync(read, list);
            }

            using var retagged = await RetagAsync("ruled", """{"source_tag":"v1","destination_tag":"v3","override":true}""", client);
            await Installation.ShouldBeAsync(retagged, retag);
            using var restored = await SendAsync(HttpMethod.Post, $"{Repos}/ruled/tags/v2/restore", "", client);
            await Installation.ShouldBeAsync(restored, delete == 204 ? 201 : 403);
            using var deleted = await client.DeleteAsync($"{Repos}/ruled/tags/v2", Cancellation);
            await Installation.ShouldBeAsync(deleted, delete);
        }

        var (abroad, _) = await images.AddAccountAsync("tags-abroad");
        using var other = abroad;
        using var foreign = await other.GetAsync($"{Repos}/ruled/tags", Cancellation);
        await foreign.ShouldFailAsync(401, "SVCSTG.SWR.4011064");
    }

    [Fact]
    public async Task A_bad_query_is_refused()
    {
        await images.PushImageAsync("team/asked", "v1");
        foreach (var (query, code) in ((string, string)[])
        [
            ("/v2/manage|tags?limit=0", "SVCSTG.SWR.4000056"),
            ("/v2/manage|tags?offset=1", "SVCSTG.SWR.4001036"),
            ("/v2/manage|tags?order_column=name&order_type=asc", "SVCSTG.SWR.4001025"),
            ("/v2/manage|tags?deleted=yes", "SVCSTG.SWR.4001025"),
            ("/v2/manage|tags?filter=colour::red", "SVCSTG.SWR.4001035"),
            ("/v3/manage|tags?limit=x", "SVCSTG.SWR.4000056"),
            ("/v3/manage|tags?order_type=asc", "SVCSTG.SWR.4001036"),
            ("/v3/manage|tags?marker=v1", "SVCSTG.SWR.4001025"),
            ("/v3/manage|tags?marker=99999999999999999999-1", "SVCSTG.SWR.4001025"),
            ("/v3/manage|tags?marker=-&order_column=tag&order_type=asc", "SVCSTG.SWR.4001025"),
            ("/v3/manage|tags?with_manifest=1", "SVCSTG.SWR.4001025"),
            ("/v2/manage|tags/-x", "SVCSTG.SWR.4000016"),
            ("/v2/manage|v1/accessories?limit=-1", "SVCSTG.SWR.4000056"),
            ("/v2/manage|-/accessories", "SVCSTG.SWR.4000016"),
            ("/v2/manage|v1/references?marker=-", "SVCSTG.SWR.4001025"),
        ])
        {
            var parts = query.Split('|');
            using var response = await Admin.GetAsync($"{parts[0]}/namespaces/team/repos/asked/{parts[1]}", Cancellation);
            await response.ShouldFailAsync(400, code);
        }
    }

    private async Task<(long Tags, long Size)> CountersAsync(string repository)
    {
        var shown = await Admin.GetFromJsonAsync<JsonElement>($"{Repos}/{repository}", Cancellation);
        return (shown.GetProperty("num_images").GetInt64(), shown.GetProperty("size").GetInt64());
    }

    private async Task<List<JsonElement>> ListAsync(string repository, string query = "") =>
        [.. (await Admin.GetFromJsonAsync<JsonElement>($"{Repos}/{repository}/tags?{query}", Cancellation)).EnumerateArray()];

    private async Task<IEnumerable<string>> NamesAsync(string repository, string query = "") => (await ListAsync(repository, query)).Select(t => Text(t, "Tag"));

    private Task<HttpResponseMessage> RetagAsync(string repository, string body, HttpClient? client = null) =>
        SendAsync(HttpMethod.Post, $"{Repos}/{repository}/tags", body, client ?? Admin);

    private Task<HttpResponseMessage> RestoreAsync(string repository, string tag) => SendAsync(HttpMethod.Post, $"{Repos}/{repository}/tags/{tag}/restore", "", Admin);

    private static async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string body, HttpClient client)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        return await client.SendAsync(request, Cancellation);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private sealed record PlanStep
    {
        public string Detail { get; init; } = "";
    }

    private sealed class FewTags : Installation
    {
        protected override IEnumerable<(string Key, string Value)> Settings => [("Images:MaxTagsPerRepository", "3")];
    }
}
