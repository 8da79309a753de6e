using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Content.Blobs;
using Stagedoor.Content.Collection;
using Stagedoor.Storage;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Collection;

/// <summary>Whatever befalls a collection, a push of what it was about to remove gets through at once.</summary>
public sealed class CollectorFaultTests : Installation
{
    private readonly BlobGate _gate = new();

    private Collector Collector => App.Services.GetRequiredService<Collector>();

    protected override IEnumerable<(string Key, string Value)> Settings => [("Images:Collector:Enabled", "false")];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_removal_that_the_store_refused_is_given_up(bool isDone)
    {
        var contents = await PushUnusedAsync(3);
        _gate.FailNext(BlobStep.Delete, isDone);

        await Assert.ThrowsAsync<StorageException>(() => Collector.CollectAsync(Cancellation));

        await ShouldTakeAllAsync(contents);
    }

    [Theory]
    [InlineData("DELETE")]
    [InlineData("UPDATE")]
    public async Task A_removal_that_the_database_refused_is_given_up(string operation)
    {
        var contents = await PushUnusedAsync(3);
        var sabotage = App.Sabotage("images");
        using (operation is "DELETE" ? sabotage.RefuseDelete("blobs") : sabotage.RefuseUpdate("blobs"))
        {
            await Assert.ThrowsAsync<StorageException>(() => Collector.CollectAsync(Cancellation));
        }

        await ShouldTakeAllAsync(contents);
    }

    [Theory]
    [InlineData(CollectedBlob.Delete, false)]
    [InlineData(CollectedBlob.Delete, true)]
    [InlineData(CollectedBlob.SetAside, false)]
    [InlineData(CollectedBlob.SetAside, true)]
    public async Task A_removal_whose_collector_died_is_given_up_by_a_push(long removing, bool isDone)
    {
        var contents = await PushUnusedAsync(2);
        App.Sabotage("images").Execute($"DELETE FROM blob_links; UPDATE blobs SET removing = {removing}");
        if (isDone)
        {
            contents.ForEach(c => File.Delete(Directory.EnumerateFiles(App.DataDirectory, DigestOf(c)[7..], SearchOption.AllDirectories).Single()));
        }

        await ShouldTakeAllAsync(contents);
    }

    [Fact]
    public async Task A_push_waits_for_the_removal_of_its_own_digest_only()
    {
        var contents = await PushUnusedAsync(1);
        using var hold = _gate.HoldNext(BlobStep.Delete);
        var collecting = Collector.CollectAsync(Cancellation);
        await hold.ReachedAsync();
        await PushBlobAsync("team/other", Random(10));

        var pushing = PushBlobAsync("team/x", contents[0]);
        hold.Release();

        await pushing;
        await collecting;
        await ShouldTakeAllAsync(contents);
    }

    [Fact]
    public async Task The_next_collection_removes_what_the_last_one_could_not()
    {
        var contents = await PushUnusedAsync(3);
        _gate.FailNext(BlobStep.Delete);
        await Assert.ThrowsAsync<StorageException>(() => Collector.CollectAsync(Cancellation));

        Assert.Equal(contents.Count, (await Collector.CollectAsync(Cancellation)).Blobs);
    }

    protected override void Configure(IServiceCollection services) => _gate.Install(services);

    private async Task<List<byte[]>> PushUnusedAsync(int count)
    {
        var contents = Enumerable.Range(0, count).Select(_ => Random(100)).ToList();
        foreach (var content in contents)
        {
            await PushBlobAsync("team/x", content);
        }

        App.Clock.Turn(TimeSpan.FromMinutes(61));
        return contents;
    }

    private async Task ShouldTakeAllAsync(List<byte[]> contents)
    {
        foreach (var content in contents)
        {
            var began = TimeProvider.System.GetTimestamp();
            await PushBlobAsync("team/x", content);
            Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(4));
            Assert.Equal(content, await Registry.GetByteArrayAsync($"/v2/team/x/blobs/{DigestOf(content)}", Cancellation));
        }

        // And stays for as long as anything that was pushed just now.
        Assert.Equal(0, (await Collector.CollectAsync(Cancellation)).Blobs);
        Assert.All(contents, c => Assert.Single(Directory.EnumerateFiles(App.DataDirectory, DigestOf(c)[7..], SearchOption.AllDirectories)));
    }
}
