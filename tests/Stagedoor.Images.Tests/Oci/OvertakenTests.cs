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

    protected override IEnumerable<(string Key, string Value)> Settings =>
    [
        ("Images:Collector:Enabled", "false"),
        ("Images:Scrubber:Enabled", "false"),
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

    protected override void Configure(IServiceCollection services)
    {
        _blobs.Install(services);
        _database.Install(services);
    }

    private string FileOf(string digest) => Directory.EnumerateFiles(App.DataDirectory, digest.Split(':')[1], SearchOption.AllDirectories).Single();
}
