using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Images.Tags;
using Stagedoor.Storage;
using Xunit;

namespace Stagedoor.Images.Tests.Tags;

public sealed class TagEventTests(TagEventTests.Hearing images) : IClassFixture<TagEventTests.Hearing>
{
    [Fact]
    public async Task Who_listens_hears_of_tags_that_are_new_or_moved_and_of_no_others()
    {
        var (first, bytes) = await images.PushImageAsync("team/heard", "one");
        var (second, _) = await images.PushImageAsync("team/heard", "one");
        using (var same = await images.PutManifestAsync("team/heard", $"{first}?tag=two&tag=three", bytes))
        {
            await Installation.ShouldBeAsync(same, 201);
        }

        using (var again = await images.PutManifestAsync("team/heard", "two", bytes))
        {
            await Installation.ShouldBeAsync(again, 201);
        }

        using (var untagged = await images.PutManifestAsync("team/heard", first, bytes))
        {
            await Installation.ShouldBeAsync(untagged, 201);
        }

        Assert.Equal([(first, "one"), (second, "one"), (first, "two three")], images.Heard.Where(c => c.Digest == first || c.Digest == second).Select(static c => (c.Digest, string.Join(' ', c.Tags))));
    }

    [Fact]
    public async Task Who_listens_hears_of_tags_that_go_alone_or_with_their_manifest()
    {
        var (digest, bytes) = await images.PushImageAsync("team/leaving", "a");
        using (var tagged = await images.PutManifestAsync("team/leaving", $"{digest}?tag=b&tag=c", bytes))
        {
            await Installation.ShouldBeAsync(tagged, 201);
        }

        foreach (var reference in (string[])["c", digest])
        {
            using var deleted = await images.Registry.DeleteAsync(new Uri($"/v2/team/leaving/manifests/{reference}", UriKind.Relative), Installation.Cancellation);
            await Installation.ShouldBeAsync(deleted, 202);
        }

        Assert.Equal(
            [(digest, "c"), (digest, "a b")],
            images.Left.Where(c => c.Digest == digest).Select(static c => (c.Digest, string.Join(' ', c.Tags.Order(StringComparer.Ordinal)))));
        Assert.All(images.Left.Concat(images.Heard), c => Assert.Equal(images.App.FirstRun.User, c.UserName));
    }

    [Fact]
    public async Task What_listens_and_fails_takes_the_tag_with_it()
    {
        await images.PushImageAsync("team/unheard", "one");
        images.Fails = true;
        try
        {
            using var refused = await images.PutManifestAsync("team/unheard", "two", await images.NewManifestAsync("team/unheard"));
            Assert.Equal(500, (int)refused.StatusCode);
        }
        finally
        {
            images.Fails = false;
        }

        using var absent = await images.Registry.GetAsync(new Uri("/v2/team/unheard/manifests/two", UriKind.Relative), Installation.Cancellation);
        Assert.Equal(404, (int)absent.StatusCode);
    }

    /// <summary>An installation in which somebody listens.</summary>
    public sealed class Hearing : Installation, ITagListener
    {
        internal ConcurrentQueue<TagChange> Heard { get; } = [];

        internal ConcurrentQueue<TagChange> Left { get; } = [];

        internal bool Fails { get; set; }

        Task ITagListener.HearAsync(DbSession session, TagChange change)
        {
            if (Fails)
            {
                throw new StorageException(StorageSource.Database, StorageFault.Failed, "The job could not be written.");
            }

            Heard.Enqueue(change);
            return Task.CompletedTask;
        }

        Task ITagListener.HearDeletionAsync(DbSession session, TagChange change)
        {
            Left.Enqueue(change);
            return Task.CompletedTask;
        }

        protected override void Configure(IServiceCollection services) => services.AddSingleton<ITagListener>(this);
    }
}
