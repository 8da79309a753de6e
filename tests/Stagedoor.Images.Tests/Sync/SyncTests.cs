using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Sync;

public sealed class SyncTests(SyncPair images) : IClassFixture<SyncPair>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Admin => images.App.Admin;

    [Fact]
    public async Task A_tag_is_copied_once_and_what_the_target_has_is_not_sent_again()
    {
        var (digest, _) = await images.PushImageAsync("team/copied", "1");
        await ShouldBeAsync(200, Path("copied", "sync_images"), Manual("1"));
        var done = Assert.Single(await SyncPair.DoneAsync(Admin, "copied"));

        Assert.Equal(("1", "success", "2 blobs sent, 300 bytes"), done);
        Assert.Equal(digest, await images.DigestThereAsync("backup/copied", "1"));

        // Another repository with the same layers has them taken over there.
        using (var pulled = await images.Registry.GetAsync("/v2/team/copied/manifests/1", Cancellation))
        {
            var manifest = await pulled.Content.ReadAsByteArrayAsync(Cancellation);
            foreach (var blob in JsonDocument.Parse(manifest).RootElement is var root ? (string[])[root.GetProperty("config").GetProperty("digest").GetString()!, root.GetProperty("layers")[0].GetProperty("digest").GetString()!] : [])
            {
                using var mounted = await images.Registry.PostAsync($"/v2/team/mounted/blobs/uploads/?mount={blob}&from=team/copied", null, Cancellation);
                await Installation.ShouldBeAsync(mounted, 201);
            }

            using var pushed = await images.PutManifestAsync("team/mounted", "1", manifest);
            await Installation.ShouldBeAsync(pushed, 201);
        }

        await ShouldBeAsync(200, Path("mounted", "sync_images"), Manual("1"));
        Assert.Equal(("1", "success", "0 blobs sent, 0 bytes"), Assert.Single(await SyncPair.DoneAsync(Admin, "mounted")));
        Assert.Equal(0, images.Door.BytesOf("backup/mounted"));
        Assert.Equal(digest, await images.DigestThereAsync("backup/mounted", "1"));
    }

    [Fact]
    public async Task An_index_is_copied_with_its_children()
    {
        var one = await images.NewManifestAsync("team/indexed");
        var two = await images.NewManifestAsync("team/indexed");
        foreach (var child in (byte[][])[one, two])
        {
            using var put = await images.PutManifestAsync("team/indexed", Installation.DigestOf(child), child);
            await Installation.ShouldBeAsync(put, 201);
        }

        var index = JsonSerializer.SerializeToUtf8Bytes(new
        {
            schemaVersion = 2,
            mediaType = Installation.Index,
            manifests = new[] { one, two }.Select(static m => new { mediaType = Installation.Manifest, digest = Installation.DigestOf(m), size = m.Length }),
        });
        using (var put = await images.PutManifestAsync("team/indexed", "all", index, Installation.Index))
        {
            await Installation.ShouldBeAsync(put, 201);
        }

        await ShouldBeAsync(200, Path("indexed", "sync_images"), Manual("all"));
        Assert.Equal("success", Assert.Single(await SyncPair.DoneAsync(Admin, "indexed")).Status);
        Assert.Equal(Installation.DigestOf(index), await images.DigestThereAsync("backup/indexed", "all"));
        Assert.Equal(Installation.DigestOf(two), await images.DigestThereAsync("backup/indexed", Installation.DigestOf(two)));
    }

    [Fact]
    public async Task A_tag_that_is_there_is_replaced_only_when_that_is_asked_for()
    {
        var (first, _) = await images.PushImageAsync("team/there", "1");
        await ShouldBeAsync(200, Path("there", "sync_images"), Manual("1"));
        await SyncPair.DoneAsync(Admin, "there");
        var (second, _) = await images.PushImageAsync("team/there", "1");

        await ShouldBeAsync(200, Path("there", "sync_images"), Manual("1"));
        Assert.Equal("existed", (await SyncPair.DoneAsync(Admin, "there"))[0].Status);
        Assert.Equal(first, await images.DigestThereAsync("backup/there", "1"));

        await ShouldBeAsync(200, Path("there", "sync_images"), Manual("1").Replace("\"imageTag\"", "\"override\":true,\"imageTag\"", StringComparison.Ordinal));
        Assert.Equal("success", (await SyncPair.DoneAsync(Admin, "there"))[0].Status);
        Assert.Equal(second, await images.DigestThereAsync("backup/there", "1"));
    }

    [Fact]
    public async Task A_rule_copies_tags_that_are_pushed_after_it_until_it_is_removed()
    {
        await images.PushImageAsync("team/ruled", "before");
        await ShouldBeAsync(200, Path("ruled", "sync_repo"), Rule);
        await images.PushImageAsync("team/ruled", "after");
        Assert.Equal([("after", "success")], (await SyncPair.DoneAsync(Admin, "ruled")).Select(static c => (c.Tag, c.Status)));

        await ShouldBeAsync(200, Path("ruled", "sync_repo"), Rule.Replace("\"override\":false", "\"override\":true", StringComparison.Ordinal));
        var rule = Assert.Single((await Admin.GetFromJsonAsync<JsonElement>(Path("ruled", "sync_repo"), Cancellation)).EnumerateArray());
        Assert.Equal(
            ["createdAt", "domainID", "domainName", "id", "namespace", "override", "remoteNamespace", "remoteRegionId", "repoName", "syncAuto", "updatedAt"],
            rule.EnumerateObject().Select(static m => m.Name));
        Assert.True(rule.GetProperty("override").GetBoolean());
        var (moved, _) = await images.PushImageAsync("team/ruled", "after");
        await SyncPair.DoneAsync(Admin, "ruled");
        Assert.Equal(moved, await images.DigestThereAsync("backup/ruled", "after"));

        await ShouldBeAsync(200, Path("ruled", "sync_repo"), Target, HttpMethod.Delete);
        await images.PushImageAsync("team/ruled", "later");
        Assert.Equal(2, (await SyncPair.DoneAsync(Admin, "ruled")).Count);
        await ShouldFailAsync(404, "SVCSTG.SWR.4040091", Path("ruled", "sync_repo"), Target, HttpMethod.Delete);
        Assert.Null(await images.DigestThereAsync("backup/ruled", "before"));
    }

    [Fact]
    public async Task A_tag_that_is_deleted_while_it_is_copied_does_not_come_up_there()
    {
        await images.PushImageAsync("team/deleted", "1");
        using (var held = images.Door.HoldLayers("backup/deleted"))
        {
            await ShouldBeAsync(200, Path("deleted", "sync_images"), Manual("1"));
            await held.ReachedAsync();
            using var deleted = await images.Registry.DeleteAsync(new Uri("/v2/team/deleted/manifests/1", UriKind.Relative), Cancellation);
            await Installation.ShouldBeAsync(deleted, 202);
        }

        Assert.Equal("cancel", Assert.Single(await SyncPair.DoneAsync(Admin, "deleted")).Status);
        Assert.Null(await images.DigestThereAsync("backup/deleted", "1"));
    }

    [Fact]
    public async Task A_copy_that_is_not_done_in_time_is_given_up_and_can_be_asked_for_again()
    {
        await images.PushImageAsync("team/late", "1");
        using (var held = images.Door.HoldLayers("backup/late"))
        {
            await ShouldBeAsync(200, Path("late", "sync_images"), Manual("1"));
            await held.ReachedAsync();
            await Eventually.TrueAsync("the end of the copy", images.App.Clock, TimeSpan.FromSeconds(5), async () => (await SyncPair.CopiesAsync(Admin, "late"))[0].Status is not "running" and not "waiting");
        }

        Assert.Equal(("1", "timeout", $"not done within {SyncPair.TimeoutMinutes} minutes"), Assert.Single(await SyncPair.CopiesAsync(Admin, "late")));
        await JobsEndedAsync();
        Assert.Null(await images.DigestThereAsync("backup/late", "1"));
        await ShouldBeAsync(200, Path("late", "sync_images"), Manual("1"));
        Assert.Equal("success", (await SyncPair.DoneAsync(Admin, "late"))[0].Status);
    }

    [Fact]
    public async Task A_rule_that_is_removed_cancels_the_copy_that_it_has_begun()
    {
        await images.PushImageAsync("team/unruled", "before");
        await ShouldBeAsync(200, Path("unruled", "sync_repo"), Rule);
        using (var held = images.Door.HoldLayers("backup/unruled"))
        {
            await images.PushImageAsync("team/unruled", "1");
            await held.ReachedAsync();
            await ShouldBeAsync(200, Path("unruled", "sync_repo"), Target, HttpMethod.Delete);
            Assert.Equal(("1", "cancel", "the rule was removed"), Assert.Single(await SyncPair.CopiesAsync(Admin, "unruled")));
        }

        await JobsEndedAsync();
        Assert.Null(await images.DigestThereAsync("backup/unruled", "1"));
        Assert.Equal(("1", "cancel", "the rule was removed"), Assert.Single(await SyncPair.CopiesAsync(Admin, "unruled")));
    }

    [Fact]
    public async Task An_attempt_that_is_cut_off_in_a_layer_is_gone_on_with_where_the_target_has_come_to()
    {
        var (config, layer) = (Installation.Random(100), Installation.Random(10 * 65536));
        await images.PushBlobAsync("team/resumed", config);
        await images.PushBlobAsync("team/resumed", layer);
        using (var pushed = await images.PutManifestAsync("team/resumed", "1", Installation.ManifestOf(config, layer)))
        {
            await Installation.ShouldBeAsync(pushed, 201);
        }

        var refused = 0;
        images.Door.Before(context =>
        {
            // Once, when most of the layer is there.
            if (context.Request.Method is "PATCH" && images.Door.BytesOf("backup/resumed") > 7 * 65536 && Interlocked.Exchange(ref refused, 1) == 0)
            {
                context.Abort();
            }

            return Task.CompletedTask;
        });
        await ShouldBeAsync(200, Path("resumed", "sync_images"), Manual("1"));
        var done = await SyncPair.DoneAsync(Admin, "resumed");
        images.Door.Before(null);

        Assert.Equal("success", Assert.Single(done).Status);
        Assert.Equal(1, refused);
        // The part that was cut off is sent twice, and nothing before it.
        Assert.InRange(images.Door.BytesOf("backup/resumed"), layer.Length + config.Length, layer.Length + config.Length + 65536);
        Assert.NotNull(await images.DigestThereAsync("backup/resumed", "1"));
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4090023")]
    public async Task Of_many_who_ask_for_the_same_copy_one_is_heard()
    {
        await images.PushImageAsync("team/asked", "1");

        var asked = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SendAsync(Path("asked", "sync_images"), Manual("1"), HttpMethod.Post)));

        Assert.Equal((1, 3), (asked.Count(static r => (int)r.StatusCode == 200), asked.Count(static r => (int)r.StatusCode == 409)));
        Array.ForEach(asked, static r => r.Dispose());
        Assert.Single(await SyncPair.DoneAsync(Admin, "asked"));
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001037")]
    [Provokes("SVCSTG.SWR.5001038")]
    [Provokes("SVCSTG.SWR.4040048")]
    public async Task A_target_that_cannot_be_copied_to_is_refused_before_anything_is_asked_for()
    {
        await images.PushImageAsync("team/refused", "1");
        foreach (var (path, body) in ((string, string)[])[(Path("refused", "sync_repo"), Rule), (Path("refused", "sync_images"), Manual("1"))])
        {
            await ShouldFailAsync(400, "SVCSTG.SWR.4001037", path, At("odd", body));
            await ShouldFailAsync(500, "SVCSTG.SWR.5001038", path, At("closed", body));
            await ShouldFailAsync(500, "SVCSTG.SWR.5001038", path, At("locked", body));
            await ShouldFailAsync(400, "SVCSTG.SWR.4000014", path, At("nowhere", body));
            await ShouldFailAsync(400, "SVCSTG.SWR.4001028", path, body.Replace("backup", "Back Up", StringComparison.Ordinal));
            await ShouldFailAsync(400, "SVCSTG.SWR.4001014", path, body.Replace("remoteRegionId", "another", StringComparison.Ordinal));
        }

        await ShouldFailAsync(404, "SVCSTG.SWR.4040048", Path("refused", "sync_images"), Manual("1", "absent"));
        await ShouldFailAsync(400, "SVCSTG.SWR.4000014", Path("refused", "sync_images"), Manual());
        await ShouldFailAsync(400, "SVCSTG.SWR.4000014", Path("refused", "sync_images"), Manual("1", "1"));
        await ShouldFailAsync(404, "SVCSTG.SWR.4040010", Path("nothing-here", "sync_images"), Manual("1"));
        await ShouldFailAsync(400, "SVCSTG.SWR.4001036", Path("refused", "sync_job"), null, HttpMethod.Get);
        await ShouldFailAsync(400, "SVCSTG.SWR.4001025", Path("refused", "sync_job?filter=limit::1|offset::0|order::up"), null, HttpMethod.Get);
        Assert.Empty(await SyncPair.CopiesAsync(Admin, "refused"));
    }

    [Fact]
    public async Task A_target_that_takes_connections_and_never_answers_is_given_up()
    {
        await images.PushImageAsync("team/silent", "1");
        var asked = SendAsync(Path("silent", "sync_images"), At("silent", Manual("1")), HttpMethod.Post);
        using (await images.Silence.AcceptTcpClientAsync(Cancellation))
        {
            images.App.Clock.Advance(TimeSpan.FromSeconds(61));
            using var refused = await asked;
            await refused.ShouldFailAsync(500, "SVCSTG.SWR.5001038");
        }
    }

    [Fact]
    public async Task A_target_that_fails_is_tried_again()
    {
        await images.PushImageAsync("team/retried", "1");
        var failures = 0;
        images.Door.Before(context =>
        {
            if (context.Request.Method is "PUT" && context.Request.Path.Value == "/v2/backup/retried/manifests/1" && Interlocked.Increment(ref failures) <= 2)
            {
                context.Abort();
            }

            return Task.CompletedTask;
        });
        await ShouldBeAsync(200, Path("retried", "sync_images"), Manual("1"));
        var done = await SyncPair.DoneAsync(Admin, "retried");
        images.Door.Before(null);

        Assert.Equal(("success", 3), (Assert.Single(done).Status, failures));
    }

    [Fact]
    public async Task A_copy_without_a_job_is_ended_and_what_ended_long_ago_is_forgotten()
    {
        await images.PushImageAsync("team/lost", "1");
        foreach (var (id, isOpen, updated) in ((int, int, int)[])[(-1, 1, 0), (-2, 0, 0)])
        {
            images.App.Sabotage("images").Execute(
                $"""
                INSERT INTO sync_jobs SELECT {id}, id, 'there', 'backup', '1', 0, domain_id, 'x', 'x', 'x', 'running', {isOpen}, 0, 1, 'absent', '', 0, {updated}
                FROM repositories WHERE name = 'lost'
                """);
        }

        Assert.Equal(2, (await SyncPair.CopiesAsync(Admin, "lost")).Count);
        images.App.Clock.Advance(TimeSpan.FromMinutes(61));

        var left = await SyncPair.DoneAsync(Admin, "lost");
        await Eventually.TrueAsync("the old one to go", TimeSpan.FromSeconds(20), async () => (left = await SyncPair.CopiesAsync(Admin, "lost")).Count == 1);
        Assert.Equal("failed", left[0].Status);
        await ShouldBeAsync(200, Path("lost", "sync_images"), Manual("1"));
        Assert.Equal("success", (await SyncPair.DoneAsync(Admin, "lost")).First(static c => c.Detail.Length > 0).Status);
    }

    [Fact]
    public async Task Only_administrators_of_the_account_synchronize()
    {
        await images.PushImageAsync("team/guarded", "1");
        var user = await images.AddUserAsync("sync-manager");
        using var manages = user.Signed;
        images.GrantOnRepository("guarded", user.Id, 7);
        var (foreign, registry) = await images.AddAccountAsync("sync-account");
        using var other = foreign;
        using var unused = registry;
        foreach (var (method, path, body) in ((HttpMethod, string, string?)[])
        [
            (HttpMethod.Post, "sync_repo", Rule), (HttpMethod.Get, "sync_repo", null), (HttpMethod.Delete, "sync_repo", Target),
            (HttpMethod.Post, "sync_images", Manual("1")), (HttpMethod.Get, "sync_job?filter=limit::1|offset::0", null),
        ])
        {
            using var refused = await SendAsync(Path("guarded", path), body, method, manages);
            await refused.ShouldFailAsync(403, "SVCSTG.SWR.4039002");
            using var apart = await SendAsync(Path("guarded", path), body, method, other);
            await apart.ShouldFailAsync(401, "SVCSTG.SWR.4011064");
        }

        using var hidden = await manages.GetAsync("/v2/manage/regions", Cancellation);
        await hidden.ShouldFailAsync(403, "SVCSTG.SWR.4039002");
        var regions = await Admin.GetFromJsonAsync<JsonElement>("/v2/manage/regions", Cancellation);
        Assert.Equal("""[{"regionID":"closed"},{"regionID":"locked"},{"regionID":"odd"},{"regionID":"silent"},{"regionID":"there"}]""", regions.GetRawText());
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000054")]
    [Provokes("SVCSTG.SWR.5000005")]
    [Provokes("SVCSTG.SWR.5000008")]
    public async Task A_fault_changes_nothing_and_names_what_failed()
    {
        await images.PushImageAsync("team/sync-fault", "1");
        await ShouldBeAsync(200, Path("sync-fault", "sync_repo"), Rule);
        foreach (var (table, path, body) in ((string, string, string)[])
            [("sync_rules", Path("sync-fault", "sync_repo"), Rule.Replace("backup", "other", StringComparison.Ordinal)), ("sync_jobs", Path("sync-fault", "sync_images"), Manual("1")), ("job", Path("sync-fault", "sync_images"), Manual("1"))])
        {
            using var fault = images.App.Sabotage("images").RefuseInsert(table);
            await ShouldFailAsync(500, "SVCSTG.SWR.5000054", path, body);
        }

        using (images.App.Sabotage("images").RefuseInsert("sync_jobs"))
        {
            // The tag comes with its copy or not at all.
            using var refused = await images.PutManifestAsync("team/sync-fault", "2", await images.NewManifestAsync("team/sync-fault"));
            Assert.Equal(500, (int)refused.StatusCode);
            using var absent = await images.Registry.GetAsync(new Uri("/v2/team/sync-fault/manifests/2", UriKind.Relative), Cancellation);
            Assert.Equal(404, (int)absent.StatusCode);
        }

        using (images.App.Sabotage("images").RefuseDelete("sync_rules"))
        {
            await ShouldFailAsync(500, "SVCSTG.SWR.5000005", Path("sync-fault", "sync_repo"), Target, HttpMethod.Delete);
        }

        using (images.App.Sabotage("images").Unreadable("sync_rules"))
        {
            await ShouldFailAsync(500, "SVCSTG.SWR.5000008", Path("sync-fault", "sync_repo"), null, HttpMethod.Get);
        }

        using (images.App.Sabotage("images").Unreadable("sync_jobs"))
        {
            await ShouldFailAsync(500, "SVCSTG.SWR.5000008", Path("sync-fault", "sync_job?filter=limit::1|offset::0"), null, HttpMethod.Get);
        }

        Assert.Empty(await SyncPair.CopiesAsync(Admin, "sync-fault"));
        await ShouldBeAsync(200, Path("sync-fault", "sync_images"), Manual("1"));
        Assert.Equal("success", Assert.Single(await SyncPair.DoneAsync(Admin, "sync-fault")).Status);
        await ShouldBeAsync(200, Path("sync-fault", "sync_repo"), Target, HttpMethod.Delete);
    }

    private Task JobsEndedAsync()
    {
        var db = images.App.Services.GetRequiredService<ImagesDb>();
        return Eventually.TrueAsync(
            "all jobs done", TimeSpan.FromSeconds(30), async () => await db.FindAsync<long>("SELECT COUNT(*) FROM job WHERE kind = 'sync' AND finished_at IS NULL", null, Cancellation) == 0);
    }

    private const string Target = """{"remoteRegionId":"there","remoteNamespace":"backup"}""";

    private const string Rule = """{"remoteRegionId":"there","remoteNamespace":"backup","syncAuto":true,"override":false}""";

    private static string Manual(params string[] tags) => JsonSerializer.Serialize(new { remoteRegionId = "there", remoteNamespace = "backup", imageTag = tags });

    private static string At(string region, string body) => body.Replace("\"there\"", $"\"{region}\"", StringComparison.Ordinal);

    private static string Path(string repository, string tail) => $"/v2/manage/namespaces/team/repos/{repository}/{tail}";

    private async Task ShouldBeAsync(int status, string path, string body, HttpMethod? method = null)
    {
        using var response = await SendAsync(path, body, method ?? HttpMethod.Post);
        await Installation.ShouldBeAsync(response, status);
    }

    private async Task ShouldFailAsync(int status, string code, string path, string? body, HttpMethod? method = null)
    {
        using var response = await SendAsync(path, body, method ?? HttpMethod.Post);
        await response.ShouldFailAsync(status, code);
    }

    private async Task<HttpResponseMessage> SendAsync(string path, string? body, HttpMethod method, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        return await (client ?? Admin).SendAsync(request, Cancellation);
    }
}
