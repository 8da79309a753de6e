using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Content.Collection;
using Stagedoor.Images.Tests.Oci;
using Stagedoor.Storage;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Collection;

/// <summary>Collections of an object store, by one process and by two replicas at once.</summary>
public sealed class SharedStoreTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Objects_without_a_row_are_set_aside_and_removed_a_week_later()
    {
        await using var hosts = await TwoHosts.StartAsync(two: false, s3: true);
        var collector = hosts.FirstApp.Services.GetRequiredService<Collector>();
        var (orphan, kept) = (await PushAsync(hosts, Installation.Random(10)), await PushAsync(hosts, Installation.Random(10)));
        hosts.FirstApp.Sabotage("images").Execute($"DELETE FROM blob_links WHERE digest = '{orphan}'; DELETE FROM blobs WHERE digest = '{orphan}'");

        Assert.Equal(0, (await collector.CollectAsync(Cancellation)).Aside);
        hosts.Clock.Turn(TimeSpan.FromMinutes(61));
        await AskAsync(hosts, kept);
        Assert.Equal(1, (await collector.CollectAsync(Cancellation)).Aside);
        Assert.Equal("aside", await PlaceAsync(hosts, orphan));

        hosts.Clock.Turn(TimeSpan.FromDays(7));
        await AskAsync(hosts, kept);
        Assert.Equal(0, (await collector.CollectAsync(Cancellation)).Expired);
        Assert.Equal("aside", await PlaceAsync(hosts, orphan));

        hosts.Clock.Turn(TimeSpan.FromDays(1));
        await AskAsync(hosts, kept);
        Assert.Equal(1, (await collector.CollectAsync(Cancellation)).Expired);
        Assert.Null(await PlaceAsync(hosts, orphan));
        Assert.Equal("images", await PlaceAsync(hosts, kept));
    }

    [Fact]
    public async Task What_was_set_aside_can_be_pushed_again()
    {
        await using var hosts = await TwoHosts.StartAsync(two: false, s3: true);
        var collector = hosts.FirstApp.Services.GetRequiredService<Collector>();
        var content = Installation.Random(10);
        var digest = await PushAsync(hosts, content);
        hosts.FirstApp.Sabotage("images").Execute("DELETE FROM blob_links; DELETE FROM blobs");
        await collector.CollectAsync(Cancellation);
        hosts.Clock.Turn(TimeSpan.FromMinutes(61));
        Assert.Equal(1, (await collector.CollectAsync(Cancellation)).Aside);

        await PushAsync(hosts, content);

        Assert.Equal(content, await hosts.First.GetByteArrayAsync($"/v2/team/x/blobs/{digest}", Cancellation));
    }

    [Fact]
    public async Task Two_collectors_at_once_take_turns()
    {
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: true);
        var (first, second) = (hosts.FirstApp.Services.GetRequiredService<Collector>(), hosts.SecondApp.Services.GetRequiredService<Collector>());
        string[] unused = [await PushAsync(hosts, Installation.Random(10)), await PushAsync(hosts, Installation.Random(10)), await PushAsync(hosts, Installation.Random(10))];
        var orphan = await PushAsync(hosts, Installation.Random(10));
        await hosts.ExecuteAsync($"DELETE FROM blob_links WHERE digest = '{orphan}'; DELETE FROM blobs WHERE digest = '{orphan}'");
        await first.CollectAsync(Cancellation);
        await hosts.ExecuteAsync(
            "UPDATE blob_links SET used_at = used_at - 7200000; UPDATE blobs SET leased_until = leased_until - 7200000;"
            + "UPDATE upload_owners SET active_at = active_at - 7200000; UPDATE unrecorded SET seen_at = seen_at - 7200000");
        var kept = await PushAsync(hosts, Installation.Random(10));
        // Else the unused ones are kept for what may come after this push.
        await hosts.ExecuteAsync("DELETE FROM upload_owners");

        using var hold = hosts.Gate.HoldNext(BlobStep.Delete);
        var one = first.CollectAsync(Cancellation);
        await hold.ReachedAsync();
        var two = second.CollectAsync(Cancellation);
        await Eventually.TrueAsync("the second collector to wait for the first", s_patience, async () => two.IsCompleted || await hosts.HasWaitersAsync(withLocks: true));
        Assert.False(two.IsCompleted);
        hold.Release();

        Assert.Equal((null, 3, 1), Told(await one));
        Assert.Equal((null, 0, 0), Told(await two));
        foreach (var digest in unused)
        {
            Assert.Null(await PlaceAsync(hosts, digest));
        }

        Assert.Equal(("aside", "images"), (await PlaceAsync(hosts, orphan), await PlaceAsync(hosts, kept)));
        await AskAsync(hosts, kept);
    }

    [Fact]
    public async Task A_collector_that_dies_leaves_its_turn_to_the_other()
    {
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: true);
        var (first, second) = (hosts.FirstApp.Services.GetRequiredService<Collector>(), hosts.SecondApp.Services.GetRequiredService<Collector>());
        await PushAsync(hosts, Installation.Random(10));
        await PushAsync(hosts, Installation.Random(10));
        await hosts.ExecuteAsync(
            "UPDATE blob_links SET used_at = used_at - 7200000; UPDATE blobs SET leased_until = leased_until - 7200000; DELETE FROM upload_owners");
        hosts.Gate.FailNext(BlobStep.Delete);
        using var hold = hosts.Gate.HoldNext(BlobStep.Delete);
        var one = first.CollectAsync(Cancellation);
        await hold.ReachedAsync();
        var two = second.CollectAsync(Cancellation);
        await Eventually.TrueAsync("the second collector to wait for the first", s_patience, async () => two.IsCompleted || await hosts.HasWaitersAsync(withLocks: true));
        hold.Release();

        await Assert.ThrowsAsync<StorageException>(() => one);
        Assert.Equal((null, 2, 0), Told(await two));
    }

    private static (string? Objection, int Blobs, int Aside) Told(Collected collected) => (collected.Objection, collected.Blobs, collected.Aside);

    private static async Task<string> PushAsync(TwoHosts hosts, byte[] content)
    {
        using var response = await TwoHosts.PushAsync(hosts.First, "team/x", content);
        await Installation.ShouldBeAsync(response, 201);
        return Installation.DigestOf(content);
    }

    // It is there, and is left alone for another lease.
    private static async Task AskAsync(TwoHosts hosts, string digest)
    {
        using var head = await hosts.Second.SendAsync(new(HttpMethod.Head, $"/v2/team/x/blobs/{digest}"), Cancellation);
        await Installation.ShouldBeAsync(head, 200);
    }

    // What the key of the blob's object begins with; null when there is none.
    private static async Task<string?> PlaceAsync(TwoHosts hosts, string digest)
    {
        var store = hosts.FirstApp.Services.GetRequiredService<IBlobStore>();
        foreach (var place in (string[])["images", "aside"])
        {
            await foreach (var entry in store.ListAsync(place + "/", Cancellation))
            {
                if (entry.Key.ToString().EndsWith(digest.Split(':')[1], StringComparison.Ordinal))
                {
                    return place;
                }
            }
        }

        return null;
    }
}
