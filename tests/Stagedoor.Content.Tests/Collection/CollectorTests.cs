using Stagedoor.Content.Collection;
using Xunit;

namespace Stagedoor.Content.Tests.Collection;

/// <summary>What the collector does for any module; what it does for images is tested over HTTP.</summary>
public sealed class CollectorTests
{
    private static readonly TimeSpan s_lease = TimeSpan.FromMinutes(61);

    private static CancellationToken Cancellation => TestContent.Cancellation;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_blob_is_kept_as_long_as_an_owner_of_any_kind_has_it(int last)
    {
        TestOwner[] owners = [new("chart_blobs"), new("package_blobs")];
        await using var content = await TestContent.StartAsync(owners);
        var digest = await content.PushAsync(owners[0], 1, [1, 2, 3]);
        await content.LinksOf(owners[1]).LinkAsync(1, digest, 3, Cancellation);
        content.Clock.Advance(s_lease);

        Assert.True(await content.UnlinkAsync(content.LinksOf(owners[1 - last]), 1, digest));
        Assert.Equal(0, (await content.Get<Collector>().CollectAsync(Cancellation)).Blobs);
        Assert.True(await content.UnlinkAsync(content.LinksOf(owners[last]), 1, digest));
        var collected = await content.Get<Collector>().CollectAsync(Cancellation);

        Assert.Equal((1, 3L), (collected.Blobs, collected.Bytes));
        Assert.Null(await content.Blobs.FindSizeAsync(content.Store.Keys.Of(digest), Cancellation));
    }

    [Fact]
    public async Task Two_owners_of_one_kind_have_a_blob_each_for_itself()
    {
        var owner = new TestOwner("chart_blobs");
        await using var content = await TestContent.StartAsync(owner);
        var digest = await content.PushAsync(owner, 1, [1, 2, 3]);
        var links = content.LinksOf(owner);

        Assert.Null(await links.FindAsync(2, digest, Cancellation));
        await links.LinkAsync(2, digest, 3, Cancellation);
        Assert.True(await content.UnlinkAsync(links, 1, digest));

        Assert.Null(await links.FindAsync(1, digest, Cancellation));
        Assert.Equal(3, (await links.FindAsync(2, digest, Cancellation))?.Size);
    }

    [Fact]
    public async Task Without_an_owner_there_is_no_collector()
    {
        await using var content = await TestContent.StartAsync();

        Assert.Throws<InvalidOperationException>(content.Get<Collector>);
    }

    [Fact]
    public async Task What_another_module_has_in_the_store_is_left_alone()
    {
        await using var content = await TestContent.StartAsync(new TestOwner("chart_blobs"));
        var hex = TestContent.DigestOf([9]).Hex;
        string[] others = [$"modules/sha256/{hex[..2]}/{hex}", $"other/sha256/{hex[..2]}/{hex}", $"aside/2020-01-01/other/sha256/{hex[..2]}/{hex}"];
        foreach (var other in others)
        {
            await content.PutAsync(new(other), [9]);
        }

        await using var upload = await content.Blobs.CreateUploadAsync("other-" + Guid.NewGuid().ToString("D"), Cancellation);
        for (var run = 0; run < 3; run++)
        {
            var collected = await content.Get<Collector>().CollectAsync(Cancellation);
            Assert.Equal((0, 0, 0), (collected.Blobs, collected.Aside, collected.Expired));
            content.Clock.Advance(TimeSpan.FromDays(10));
        }

        foreach (var other in others)
        {
            Assert.Equal(1, await content.Blobs.FindSizeAsync(new(other), Cancellation));
        }

        Assert.Single(await content.Blobs.ListUploadsAsync(Cancellation).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task Decay_is_told_to_every_owner()
    {
        TestOwner[] owners = [new("chart_blobs"), new("package_blobs")];
        await using var content = await TestContent.StartAsync(owners);
        var digest = await content.PushAsync(owners[0], 1, [1, 2, 3]);
        var key = content.Store.Keys.Of(digest);
        await content.Blobs.DeleteAsync(key, Cancellation);
        await content.PutAsync(key, [3, 2, 1]);
        content.Clock.Advance(TimeSpan.FromDays(31));

        Assert.Equal((digest, false), await content.Get<Scrubber>().ScrubOneAsync(Cancellation));

        Assert.All(owners, static o => Assert.Equal(1, o.Forgotten));
        Assert.Equal(1, (await content.LinksOf(owners[0]).FindAsync(1, digest, Cancellation))?.Corrupt);
    }
}
