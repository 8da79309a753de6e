using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Tags;

/// <summary>Faults of the tables behind the tags, each of which ends when the table is mended.</summary>
public sealed class TagFaultTests(Installation images) : IClassFixture<Installation>
{
    private const string Repos = "/v2/manage/namespaces/team/repos";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Provokes("SVCSTG.SWR.5000063")]
    public async Task Unreadable_tags_are_the_failure_of_every_list()
    {
        await images.PushImageAsync("team/blind", "v1");
        string[] paths = [$"{Repos}/blind/tags", $"{Repos}/blind/tags/v1", "/v3/manage/namespaces/team/repos/blind/tags", $"{Repos}/blind/v1/accessories", $"{Repos}/blind/v1/references"];

        using (images.App.Sabotage("images").Unreadable("tags"))
        {
            foreach (var path in paths)
            {
                using var response = await images.App.Admin.GetAsync(path, Cancellation);
                await response.ShouldFailAsync(500, "SVCSTG.SWR.5000063");
            }
        }

        await ShouldReadAsync(paths);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5001026")]
    public async Task Unreadable_manifests_are_told_apart()
    {
        await images.PushImageAsync("team/hollow", "v1");
        string[] paths = [$"{Repos}/hollow/tags", $"{Repos}/hollow/tags/v1", "/v3/manage/namespaces/team/repos/hollow/tags"];

        using (images.App.Sabotage("images").Unreadable("manifests"))
        {
            foreach (var path in paths)
            {
                using var response = await images.App.Admin.GetAsync(path, Cancellation);
                await response.ShouldFailAsync(500, "SVCSTG.SWR.5001026");
            }
        }

        await ShouldReadAsync(paths);
    }

    [Fact]
    public async Task A_tag_whose_manifest_is_lost_is_still_listed()
    {
        await images.PushImageAsync("team/lost", "v1");
        await images.PushImageAsync("team/lost", "v2");
        images.App.Sabotage("images").Execute(
            "DELETE FROM manifests WHERE digest = (SELECT digest FROM tags WHERE name = 'v1' AND repository_id = (SELECT id FROM repositories WHERE name = 'lost'))");

        using var shown = await images.App.Admin.GetAsync($"{Repos}/lost/tags/v1", Cancellation);
        await shown.ShouldFailAsync(500, "SVCSTG.SWR.5001026");
        var list = await images.App.Admin.GetFromJsonAsync<JsonElement>($"{Repos}/lost/tags?order_column=tag&order_type=asc", Cancellation);
        Assert.Equal(["v1:0", "v2:300"], list.EnumerateArray().Select(t => $"{t.GetProperty("Tag")}:{t.GetProperty("size")}"));
        using var retagged = await SendAsync("lost/tags", """{"source_tag":"v1","destination_tag":"v3"}""");
        await retagged.ShouldFailAsync(404, "SVCSTG.SWR.4040048");

        // It can be moved to what is there.
        using var moved = await SendAsync("lost/tags", """{"source_tag":"v2","destination_tag":"v1","override":true}""");
        await Installation.ShouldBeAsync(moved, 201);
        await ShouldReadAsync([$"{Repos}/lost/tags/v1"]);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000085")]
    [Provokes("SVCSTG.SWR.5000086")]
    public async Task A_retag_fails_by_what_it_was_about_to_do()
    {
        await images.PushImageAsync("team/stiff", "v1");
        await images.PushImageAsync("team/stiff", "v2");
        var before = await StateAsync("stiff");
        const string New = """{"source_tag":"v1","destination_tag":"new"}""";
        const string Move = """{"source_tag":"v1","destination_tag":"v2","override":true}""";
        foreach (var (body, operation, table, code) in ((string, string, string, string)[])
        [
            (New, "insert", "tags", "SVCSTG.SWR.5000085"), (New, "update", "organizations", "SVCSTG.SWR.5000085"), (New, "update", "id_sequences", "SVCSTG.SWR.5000085"),
            (Move, "update", "tags", "SVCSTG.SWR.5000086"), (Move, "update", "repositories", "SVCSTG.SWR.5000086"),
        ])
        {
            using (operation is "insert" ? images.App.Sabotage("images").RefuseInsert(table) : images.App.Sabotage("images").RefuseUpdate(table))
            {
                using var response = await SendAsync("stiff/tags", body);
                await response.ShouldFailAsync(500, code);
            }

            Assert.Equal(before, await StateAsync("stiff"));
        }

        foreach (var body in (string[])[New, Move])
        {
            using var response = await SendAsync("stiff/tags", body);
            await Installation.ShouldBeAsync(response, 201);
        }

        await CheckAsync("stiff", 3);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000049")]
    [Provokes("SVCSTG.SWR.5000073")]
    public async Task A_deletion_and_a_restoration_that_fail_have_changed_nothing()
    {
        await images.PushImageAsync("team/firm", "v1");
        var before = await StateAsync("firm");
        foreach (var table in (string[])["tags", "repositories", "organizations"])
        {
            using (images.App.Sabotage("images").RefuseUpdate(table))
            {
                using var failed = await images.App.Admin.DeleteAsync($"{Repos}/firm/tags/v1", Cancellation);
                await failed.ShouldFailAsync(500, "SVCSTG.SWR.5000049");
            }

            Assert.Equal(before, await StateAsync("firm"));
        }

        using (var deleted = await images.App.Admin.DeleteAsync($"{Repos}/firm/tags/v1", Cancellation))
        {
            await Installation.ShouldBeAsync(deleted, 204);
        }

        before = await StateAsync("firm");
        foreach (var table in (string[])["tags", "repositories", "organizations"])
        {
            using (images.App.Sabotage("images").RefuseUpdate(table))
            {
                using var failed = await SendAsync("firm/tags/v1/restore", "");
                await failed.ShouldFailAsync(500, "SVCSTG.SWR.5000073");
            }

            Assert.Equal(before, await StateAsync("firm"));
        }

        using var restored = await SendAsync("firm/tags/v1/restore", "");
        await Installation.ShouldBeAsync(restored, 201);
        await CheckAsync("firm", 1);
    }

    private async Task ShouldReadAsync(string[] paths)
    {
        foreach (var path in paths)
        {
            using var response = await images.App.Admin.GetAsync(path, Cancellation);
            await Installation.ShouldBeAsync(response, 200);
        }
    }

    // Everything that a change of tags could have left half done.
    private async Task<string> StateAsync(string repository)
    {
        var db = images.App.Services.GetRequiredService<ImagesDb>();
        var tags = await db.QueryAsync<string>(
            "SELECT name || digest || updated_at || COALESCE(deleted_at, 0) FROM tags WHERE repository_id = (SELECT id FROM repositories WHERE name = @repository) ORDER BY name", new { repository }, Cancellation);
        var counters = await db.QueryAsync<string>("SELECT num_images || '/' || size FROM repositories WHERE name = @repository", new { repository }, Cancellation);
        return string.Join('\n', [.. tags, .. counters]);
    }

    private async Task CheckAsync(string repository, int tags)
    {
        var shown = await images.App.Admin.GetFromJsonAsync<JsonElement>($"{Repos}/{repository}", Cancellation);
        Assert.Equal((tags, tags * 300), (shown.GetProperty("num_images").GetInt64(), shown.GetProperty("size").GetInt64()));
    }

    private async Task<HttpResponseMessage> SendAsync(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await images.App.Admin.PostAsync($"{Repos}/{path}", content, Cancellation);
    }
}
