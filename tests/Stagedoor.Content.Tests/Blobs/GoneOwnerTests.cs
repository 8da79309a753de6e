using Stagedoor.Content.Blobs;
using Stagedoor.Content.Collection;
using Xunit;

namespace Stagedoor.Content.Tests.Blobs;

/// <summary>An owner that is not there any more is given nothing.</summary>
public sealed class GoneOwnerTests
{
    private static CancellationToken Cancellation => TestContent.Cancellation;

    [Fact]
    public async Task A_stored_blob_is_not_linked_to_it()
    {
        var owner = new TestOwner("chart_blobs");
        await using var content = await TestContent.StartAsync(owner);
        var digest = await content.PushAsync(owner, 1, [1, 2, 3]);

        Assert.Equal(LinkResult.OwnerGone, await content.LinksOf(owner).LinkAsync(3, digest, null, Cancellation));
        Assert.Equal((false, null), await content.PublisherOf(owner).TakeAsync(3, digest, 3, Cancellation));
        Assert.Null(await content.LinksOf(owner).FindAsync(3, digest, Cancellation));
    }

    [Fact]
    public async Task Bytes_that_were_published_for_it_are_collected_like_others()
    {
        var owner = new TestOwner("chart_blobs");
        await using var content = await TestContent.StartAsync(owner);
        var digest = TestContent.DigestOf([7]);
        await content.PutAsync(content.Store.Keys.Of(digest), [7]);

        Assert.False(await content.PublisherOf(owner).RecordAsync(3, digest, 1, "upload", Cancellation));
        Assert.Equal(0, (await content.Get<Collector>().CollectAsync(Cancellation)).Blobs);
        content.Clock.Advance(TimeSpan.FromMinutes(61));

        Assert.Equal(1, (await content.Get<Collector>().CollectAsync(Cancellation)).Blobs);
        Assert.Null(await content.Blobs.FindSizeAsync(content.Store.Keys.Of(digest), Cancellation));
    }
}
