using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>What is left when the process is killed while it works.</summary>
public sealed class CrashTests : IAsyncLifetime
{
    private const int PushesEach = 40;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);
    private readonly StagedoorProcess _stagedoor = new();
    private RegistryClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        await _stagedoor.StartAsync();
        _client = _stagedoor.NewRegistryClient();
    }

    [Fact]
    public async Task Every_acknowledged_push_survives_and_nothing_half_written_is_seen()
    {
        var acknowledged = await PushUntilKilledAsync(pushers: 50, acknowledgedBeforeTheKill: 60);

        await _stagedoor.StartAsync();

        await VerifyAsync(acknowledged);
    }

    [Fact]
    public async Task What_a_crash_left_behind_is_collected_and_nothing_else()
    {
        await _stagedoor.SetClockAheadAsync(TimeSpan.FromDays(2));
        var unused = RandomNumberGenerator.GetBytes(50_000);
        await _client.PushBlobAsync("crash/unused", RegistryClient.DigestOf(unused), unused, BlobUpload.SinglePost);
        await _client.AppendAsync(await _client.StartUploadAsync("crash/unfinished"), 0, unused);
        var acknowledged = await PushUntilKilledAsync(pushers: 10, acknowledgedBeforeTheKill: 10);
        Assert.NotEmpty(UploadFiles());

        await _stagedoor.StartAsync(("Images__Collector__IntervalMinutes", "1"), ("Images__Collector__LeaseMinutes", "1"));
        await Eventually.TrueAsync("the log tells of a collection", s_patience, () => _stagedoor.Log.Contains("Collected ", StringComparison.Ordinal));

        // What a row knew is gone; what none knew has been seen, and goes when nobody has touched it for the time of an upload.
        await _stagedoor.SetClockAheadAsync(TimeSpan.FromDays(4));
        await _stagedoor.KillAsync();
        await _stagedoor.StartAsync();
        await Eventually.TrueAsync("the staged bytes are gone", s_patience, () => !UploadFiles().Any());
        using var gone = await _client.SendAsync(HttpMethod.Head, $"/v2/crash/unused/blobs/{RegistryClient.DigestOf(unused)}", null);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        await VerifyAsync(acknowledged);
    }

    [Theory]
    [InlineData(BlobUpload.Chunked)]
    [InlineData(BlobUpload.Monolithic)]
    public async Task An_upload_goes_on_where_it_was_after_a_crash(BlobUpload rest)
    {
        var content = RandomNumberGenerator.GetBytes(3_000_000);
        var digest = RegistryClient.DigestOf(content);
        var upload = await _client.StartUploadAsync("crash/resumed");
        upload = await _client.AppendAsync(upload, 0, content.AsMemory(0, 1_000_000));
        upload = await _client.AppendAsync(upload, 1_000_000, content.AsMemory(1_000_000, 500_000));

        await _stagedoor.KillAsync();
        await _stagedoor.StartAsync();
        var offset = await _client.OffsetAsync(upload);
        ReadOnlyMemory<byte> last = content.AsMemory((int)offset);
        if (rest is BlobUpload.Chunked)
        {
            upload = await _client.AppendAsync(upload, offset, last);
            last = ReadOnlyMemory<byte>.Empty;
        }

        using var finished = await _client.FinishAsync(upload, digest, new ReadOnlyMemoryContent(last));

        Assert.Equal(1_500_000, offset);
        Assert.Equal(HttpStatusCode.Created, finished.StatusCode);
        await _client.VerifyBlobAsync("crash/resumed", digest, content.Length);
    }

    [Fact]
    public async Task An_orderly_stop_lets_a_running_push_end_and_keeps_everything()
    {
        var image = TestImage.Create(2_000_000, 10);
        await _client.PushAsync("crash/orderly", "v1", image, BlobUpload.Streamed);

        await _stagedoor.RestartAsync();

        Assert.Equal(image.Digest, await _client.VerifyAsync("crash/orderly", "v1"));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _stagedoor.DisposeAsync();
    }

    private static string Repository(int pusher) => $"crash/app-{pusher % 10}";

    /// <summary>Pushes from many sides at once until so many pushes were acknowledged, and kills the server in the middle of the others.</summary>
    private async Task<IReadOnlyCollection<Push>> PushUntilKilledAsync(int pushers, int acknowledgedBeforeTheKill)
    {
        var acknowledged = new ConcurrentQueue<Push>();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var pushing = Task.WhenAll(Enumerable.Range(0, pushers).Select(n => PushAllAsync(n, push =>
        {
            acknowledged.Enqueue(push);
            if (acknowledged.Count >= acknowledgedBeforeTheKill)
            {
                reached.TrySetResult();
            }
        })));
        await Task.WhenAny(reached.Task, pushing).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        await _stagedoor.KillAsync();
        Assert.Contains(false, await pushing);
        return acknowledged;
    }

    /// <summary>Pushes image after image until the server is gone; false when it went.</summary>
    private async Task<bool> PushAllAsync(int pusher, Action<Push> acknowledge)
    {
        for (var n = 0; n < PushesEach; n++)
        {
            try
            {
                var image = TestImage.Opaque(1_000, n % 3 == 0 ? 1_500_000 : 40_000, 0);
                var push = new Push(Repository(pusher), $"p{pusher}-{n}", image.Digest);
                Assert.Equal(push.Digest, await _client.PushAsync(push.Repository, push.Tag, image, (BlobUpload)((pusher + n) % 4)));
                acknowledge(push);
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Everything acknowledged is there; everything that is listed is complete.</summary>
    private async Task VerifyAsync(IReadOnlyCollection<Push> acknowledged)
    {
        foreach (var push in acknowledged)
        {
            Assert.Equal(push.Digest, await _client.VerifyAsync(push.Repository, push.Tag));
        }

        foreach (var repository in acknowledged.Select(p => p.Repository).ToHashSet(StringComparer.Ordinal))
        {
            var known = acknowledged.Where(p => string.Equals(p.Repository, repository, StringComparison.Ordinal)).Select(p => p.Tag);
            foreach (var tag in (await _client.ListTagsAsync(repository)).Except(known, StringComparer.Ordinal))
            {
                await _client.VerifyAsync(repository, tag);
            }
        }
    }

    private IEnumerable<string> UploadFiles() =>
        Directory.EnumerateFiles(Path.Combine(_stagedoor.DataDirectory, "blobs", "uploads"), "*", SearchOption.AllDirectories);

    private sealed record Push(string Repository, string Tag, string Digest);
}
