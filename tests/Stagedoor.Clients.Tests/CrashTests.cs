using System.Collections.Concurrent;
using System.Security.Cryptography;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>What is left when the process is killed while it works.</summary>
public sealed class CrashTests : IAsyncLifetime
{
    private const int Pushers = 50;
    private const int PushesEach = 40;
    private const int AcknowledgedBeforeTheKill = 60;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
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
        var acknowledged = new ConcurrentBag<Push>();
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _client.PushAsync("crash/first", "made", TestImage.Opaque(1), BlobUpload.Monolithic);

        var pushers = Enumerable.Range(0, Pushers).Select(n => PushAllAsync(n, acknowledged, enough)).ToList();
        var all = Task.WhenAll(pushers);
        await enough.Task.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        await _stagedoor.KillAsync();
        var finished = await all;

        Assert.Contains(false, finished);
        await _stagedoor.StartAsync();
        foreach (var push in acknowledged)
        {
            Assert.Equal(push.Digest, await _client.VerifyAsync(push.Repository, push.Tag));
        }

        for (var n = 0; n < Pushers; n++)
        {
            foreach (var tag in await _client.ListTagsAsync(Repository(n)))
            {
                await _client.VerifyAsync(Repository(n), tag);
            }
        }
    }

    [Fact]
    public async Task What_a_crash_left_in_the_upload_folder_is_collected()
    {
        var image = TestImage.Opaque(100_000);
        await _client.PushAsync("crash/kept", "v1", image, BlobUpload.Chunked);
        for (var n = 0; n < 5; n++)
        {
            await _client.AppendAsync(await _client.StartUploadAsync("crash/left"), 0, RandomNumberGenerator.GetBytes(100_000));
        }

        await _stagedoor.KillAsync();
        Assert.NotEmpty(UploadFiles());
        await _stagedoor.StartAsync();

        await Eventually.TrueAsync("blobs/uploads is empty", s_patience, () => !UploadFiles().Any());
        Assert.Equal(image.Digest, await _client.VerifyAsync("crash/kept", "v1"));
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
        Assert.Equal(System.Net.HttpStatusCode.Created, finished.StatusCode);
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

    /// <summary>Pushes image after image until the server is gone; false when it went.</summary>
    private async Task<bool> PushAllAsync(int pusher, ConcurrentBag<Push> acknowledged, TaskCompletionSource enough)
    {
        for (var n = 0; n < PushesEach; n++)
        {
            try
            {
                var image = TestImage.Opaque(1_000, n % 3 == 0 ? 1_500_000 : 40_000, 0);
                var push = new Push(Repository(pusher), $"p{pusher}-{n}", image.Digest);
                Assert.Equal(push.Digest, await _client.PushAsync(push.Repository, push.Tag, image, (BlobUpload)((pusher + n) % 4)));
                acknowledged.Add(push);
            }
            catch (HttpRequestException)
            {
                return false;
            }

            if (acknowledged.Count >= AcknowledgedBeforeTheKill)
            {
                enough.TrySetResult();
            }
        }

        return true;
    }

    private IEnumerable<string> UploadFiles() => Directory.EnumerateFiles(Path.Combine(_stagedoor.DataDirectory, "blobs", "uploads"), "*", SearchOption.AllDirectories);

    private sealed record Push(string Repository, string Tag, string Digest);
}
