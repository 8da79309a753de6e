using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Content.Collection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>Requests and background work that stand between two of their own steps while another one runs from its beginning to its end.</summary>
public sealed class OvertakenTests : Installation
{
    private readonly BlobGate _blobs = new();
    private readonly DatabaseGate _database = new();

    private Collector Collector => App.Services.GetRequiredService<Collector>();

    // One repository in all, so that the second is one too many.
    protected override IEnumerable<(string Key, string Value)> Settings =>
    [
        ("Images:AutoCreateOrganization", "true"),
        ("Images:MaxRepositoriesPerAccount", "1"),
        ("Images:Collector:Enabled", "false"),
        ("Images:Scrubber:Enabled", "false"),
        ("Images:Jobs:PollSeconds", "3600"),
    ];

    [Fact]
    public async Task What_was_pushed_while_older_bytes_were_checked_is_served()
    {
        var content = Random(1000);
        var digest = await PushBlobAsync("team/app", content);
        await File.WriteAllBytesAsync(FileOf(digest), Random(1000), Cancellation);
        File.SetLastWriteTimeUtc(FileOf(digest), App.Clock.GetUtcNow().AddDays(30).UtcDateTime);
        App.Clock.Advance(TimeSpan.FromDays(31));
        using var reading = _blobs.HoldNext(BlobStep.Read);
        var scrubbing = App.Services.GetRequiredService<Scrubber>().ScrubOneAsync(Cancellation);
        await reading.ReachedAsync();

        await PushBlobAsync("team/app", content);
        reading.Release();

        Assert.False((await scrubbing)!.Value.IsIntact);
        Assert.Equal(content, await Registry.GetByteArrayAsync($"/v2/team/app/blobs/{digest}", Cancellation));
    }

    [Fact]
    public async Task A_blob_that_was_deleted_while_it_was_looked_up_is_gone_for_whoever_asks_next()
    {
        var other = await PushBlobAsync("team/app", Random(10));
        var digest = await PushBlobAsync("team/app", Random(10));
        Assert.Equal(10, (await Registry.GetByteArrayAsync($"/v2/team/app/blobs/{other}", Cancellation)).Length);
        using var looking = _database.HoldNextOfRequest("images", point: DatabasePoint.Read);
        var pulling = Registry.GetAsync($"/v2/team/app/blobs/{digest}", Cancellation);
        await looking.ReachedAsync();

        using var deleted = await Registry.DeleteAsync($"/v2/team/app/blobs/{digest}", Cancellation);
        await ShouldBeAsync(deleted, 202);
        looking.Release();
        using var pulled = await pulling;

        using var again = await Registry.GetAsync($"/v2/team/app/blobs/{digest}", Cancellation);
        await ShouldBeAsync(again, 404);
    }

    [Fact]
    public async Task A_push_that_may_not_have_its_repository_takes_nobody_elses_away()
    {
        // Its organization is made; its repository comes with the transaction after that.
        using var creating = _database.HoldNextOfRequest("images", after: 2, DatabasePoint.Begin);
        var refused = PushAsync("fresh/second", Random(10));
        await creating.ReachedAsync();
        var digest = await PushBlobAsync("fresh/first", Random(10));
        var location = await BeginUploadAsync("fresh/first");
        creating.Release();

        await ShouldBeAsync(await refused, 403);

        using var pulled = await Registry.GetAsync($"/v2/fresh/first/blobs/{digest}", Cancellation);
        await ShouldBeAsync(pulled, 200);
        using var patched = await PatchAsync(location, Random(10));
        await ShouldBeAsync(patched, 202);
    }

    [Fact]
    public async Task A_damaged_blob_that_nobody_needs_is_not_removed_while_it_is_pushed()
    {
        var content = Random(1000);
        var digest = await PushBlobAsync("team/app", content);
        App.Sabotage("images").Execute("DELETE FROM blob_links; UPDATE blobs SET corrupt = 1");
        App.Clock.Advance(TimeSpan.FromMinutes(61));
        using var publishing = _blobs.HoldNext(BlobStep.Commit);
        var pushing = PushAsync("team/app", content);
        await publishing.ReachedAsync();
        using var recording = _database.HoldNextOfRequest("images", point: DatabasePoint.Begin);
        publishing.Release();
        await recording.ReachedAsync();

        await Collector.CollectAsync(Cancellation);
        recording.Release();

        await ShouldBeServedAsync(await pushing, digest, content);
    }

    [Fact]
    public async Task Bytes_without_a_row_are_not_set_aside_while_they_are_pushed()
    {
        var content = Random(1000);
        var digest = await PushBlobAsync("team/app", content);
        App.Sabotage("images").Execute("DELETE FROM blob_links; DELETE FROM blobs");
        await Collector.CollectAsync(Cancellation);
        App.Clock.Advance(TimeSpan.FromMinutes(61));
        using var publishing = _blobs.HoldNext(BlobStep.Commit);
        var pushing = PushAsync("team/app", content);
        await publishing.ReachedAsync();
        // By then it knows what lies in the store, and has not touched any of it.
        using var surveyed = _blobs.HoldNext(BlobStep.ListUploads);
        var collecting = Collector.CollectAsync(Cancellation);
        await surveyed.ReachedAsync();
        using var recording = _database.HoldNextOfRequest("images", point: DatabasePoint.Begin);
        publishing.Release();
        await recording.ReachedAsync();

        surveyed.Release();
        await collecting;
        recording.Release();

        await ShouldBeServedAsync(await pushing, digest, content);
    }

    protected override void Configure(IServiceCollection services)
    {
        _blobs.Install(services);
        _database.Install(services);
    }

    private string FileOf(string digest) => Directory.EnumerateFiles(App.DataDirectory, digest.Split(':')[1], SearchOption.AllDirectories).Single();

    private async Task ShouldBeServedAsync(HttpResponseMessage pushed, string digest, byte[] content)
    {
        await ShouldBeAsync(pushed, 201);
        Assert.Equal(content, await Registry.GetByteArrayAsync($"/v2/team/app/blobs/{digest}", Cancellation));
    }

    private async Task<HttpResponseMessage> PushAsync(string name, byte[] content)
    {
        using var body = Octets(content);
        return await Registry.PostAsync($"/v2/{name}/blobs/uploads/?digest={DigestOf(content)}", body, Cancellation);
    }
}
