using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Content.Collection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Collection;

public sealed class CollectorTests : Installation
{
    private static readonly TimeSpan s_lease = TimeSpan.FromMinutes(61);

    private readonly DatabaseGate _gate = new();

    private Collector Collector => App.Services.GetRequiredService<Collector>();

    [Fact]
    public async Task What_no_manifest_needs_is_removed_after_its_lease()
    {
        var unused = await PushBlobAsync("team/x", Random(1000));
        var (_, bytes) = await PushImageAsync("team/x", "kept");
        Assert.Equal(0, (await Collector.CollectAsync(Cancellation)).Blobs);

        App.Clock.Turn(s_lease);
        var collected = await Collector.CollectAsync(Cancellation);

        Assert.Equal((1, 1000L), (collected.Blobs, collected.Bytes));
        Assert.Empty(Files(unused));
        using var gone = await Registry.GetAsync($"/v2/team/x/blobs/{unused}", Cancellation);
        Assert.Equal(404, (int)gone.StatusCode);
        foreach (var digest in Digests(bytes))
        {
            using var kept = await Registry.GetAsync($"/v2/team/x/blobs/{digest}", Cancellation);
            await ShouldBeAsync(kept, 200);
        }
    }

    [Fact]
    public async Task Asking_for_a_blob_protects_it()
    {
        var digest = await PushBlobAsync("team/x", Random(10));
        App.Clock.Turn(TimeSpan.FromMinutes(50));
        using var head = await Registry.SendAsync(new(HttpMethod.Head, $"/v2/team/x/blobs/{digest}"), Cancellation);
        await ShouldBeAsync(head, 200);
        App.Clock.Turn(TimeSpan.FromMinutes(50));

        Assert.Equal(0, (await Collector.CollectAsync(Cancellation)).Blobs);
        App.Clock.Turn(TimeSpan.FromMinutes(50));
        Assert.Equal(1, (await Collector.CollectAsync(Cancellation)).Blobs);
    }

    [Fact]
    public async Task A_deleted_images_layers_go_with_it()
    {
        var (digest, bytes) = await PushImageAsync("team/x", "v1");
        using var deleted = await Registry.DeleteAsync($"/v2/team/x/manifests/{digest}", Cancellation);
        await ShouldBeAsync(deleted, 202);
        App.Clock.Turn(s_lease);

        Assert.Equal(2, (await Collector.CollectAsync(Cancellation)).Blobs);
        Assert.All(Digests(bytes), d => Assert.Empty(Files(d)));
    }

    [Fact]
    public async Task A_collected_blob_can_be_pushed_again()
    {
        var content = Random(10);
        var digest = await PushBlobAsync("team/x", content);
        App.Clock.Turn(s_lease);
        await Collector.CollectAsync(Cancellation);

        await PushBlobAsync("team/x", content);

        Assert.Equal(content, await Registry.GetByteArrayAsync($"/v2/team/x/blobs/{digest}", Cancellation));
    }

    [Fact]
    public async Task A_removal_that_did_not_end_is_finished()
    {
        var digest = await PushBlobAsync("team/x", Random(10));
        App.Sabotage("images").Execute($"DELETE FROM blob_links WHERE digest = '{digest}'; UPDATE blobs SET removing = 1 WHERE digest = '{digest}'");

        Assert.Equal(1, (await Collector.CollectAsync(Cancellation)).Blobs);
        Assert.Empty(Files(digest));
    }

    [Fact]
    public async Task However_many_deleted_tags_there_are_each_write_is_a_small_one()
    {
        var (digest, _) = await PushImageAsync("team/x", "kept");
        App.Sabotage("images").Execute(
            $"""
            INSERT INTO tags (id, repository_id, name, digest, created_at, updated_at, deleted_at)
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 450)
            SELECT 1000000 + n, (SELECT id FROM repositories WHERE name = 'x'), 't' || n, '{digest}', 0, 0, 1 FROM numbers
            """);
        using var third = _gate.HoldNext("images", after: 2);
        var collecting = Collector.CollectAsync(Cancellation);
        await third.ReachedAsync();
        var db = App.Services.GetRequiredService<ImagesDb>();
        Assert.InRange(await db.FindAsync<long>("SELECT COUNT(*) FROM tags", null, Cancellation), 2, 450);
        third.Release();

        Assert.Equal(450, (await collecting).Released);
    }

    [Fact]
    public async Task Abandoned_uploads_are_dropped()
    {
        var location = await BeginUploadAsync("team/x");
        using var patched = await PatchAsync(location, Random(10));
        App.Clock.Turn(TimeSpan.FromHours(25));
        await Collector.CollectAsync(Cancellation);

        using var status = await Registry.GetAsync(location, Cancellation);
        Assert.Equal(404, (int)status.StatusCode);
        Assert.Empty(Directory.EnumerateFiles(App.DataDirectory, $"*{location.Split('/')[^1]}*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Pushing_and_collecting_at_once_loses_nothing()
    {
        var contents = Enumerable.Range(0, 20).Select(_ => Random(100)).ToList();
        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(contents.Select(c => PushBlobAsync("team/x", c)));
            App.Clock.Turn(s_lease);
            var collecting = Collector.CollectAsync(Cancellation);
            await Task.WhenAll(contents.Select(c => PushBlobAsync("team/x", c)));
            await collecting;

            foreach (var content in contents)
            {
                Assert.Equal(content, await Registry.GetByteArrayAsync($"/v2/team/x/blobs/{DigestOf(content)}", Cancellation));
            }
        }
    }

    [Fact]
    public async Task Silent_decay_is_found_by_hashing()
    {
        var content = Random(500);
        var digest = await PushBlobAsync("team/x", content);
        var file = Assert.Single(Files(digest));
        var written = File.GetLastWriteTimeUtc(file);
        await File.WriteAllBytesAsync(file, Random(500), Cancellation);
        File.SetLastWriteTimeUtc(file, written);
        App.Clock.Turn(TimeSpan.FromDays(31));

        var scrubber = App.Services.GetRequiredService<Scrubber>();
        Assert.Equal((Digest.Parse(digest), false), await scrubber.ScrubOneAsync(Cancellation));
        using var got = await Registry.GetAsync($"/v2/team/x/blobs/{digest}", Cancellation);
        Assert.Equal(500, (int)got.StatusCode);
    }

    protected override void Configure(IServiceCollection services) => _gate.Install(services);

    private static IEnumerable<string> Digests(byte[] manifest)
    {
        var root = System.Text.Json.JsonDocument.Parse(manifest).RootElement;
        yield return root.GetProperty("config").GetProperty("digest").GetString()!;
        foreach (var layer in root.GetProperty("layers").EnumerateArray())
        {
            yield return layer.GetProperty("digest").GetString()!;
        }
    }

    private List<string> Files(string digest) => [.. Directory.EnumerateFiles(App.DataDirectory, digest.Split(':')[1], SearchOption.AllDirectories)];
}
