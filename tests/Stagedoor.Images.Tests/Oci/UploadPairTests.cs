using System.Net;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>What a client can do to an upload.</summary>
public enum UploadAct
{
    Append,
    Finish,
    FinishWithChunk,
    Status,
    Cancel,

    /// <summary>A chunk whose connection breaks in the middle.</summary>
    Break,
}

/// <summary>
/// Every pair of requests on one upload, in both orders: the first is stopped in the middle, the second comes, the first goes on. What was answered
/// with 201 has the bytes of its digest, what was acknowledged is there, and whatever else is answered is a refusal.
/// </summary>
public abstract class UploadPairTests(UploadHosts fixture)
{
    private const int Small = 60_000;
    private const int Large = 9 * 1024 * 1024;

    private static readonly (UploadAct Act, BlobStep Step)[] s_first =
    [
        (UploadAct.Append, BlobStep.Append),
        (UploadAct.Append, BlobStep.Save),
        (UploadAct.Finish, BlobStep.Commit),
        (UploadAct.FinishWithChunk, BlobStep.Append),
        (UploadAct.FinishWithChunk, BlobStep.Commit),
        (UploadAct.Status, BlobStep.Holds),
        (UploadAct.Cancel, BlobStep.Drop),
        (UploadAct.Break, BlobStep.Append),
    ];

    private readonly TwoHosts _hosts = fixture.Require();

    public static TheoryData<UploadAct, BlobStep, UploadAct> Pairs { get; } =
        [.. from first in s_first from second in Enum.GetValues<UploadAct>() select (first.Act, first.Step, second)];

    public static TheoryData<UploadAct, BlobStep, UploadAct> Writers { get; } =
    [
        .. from first in s_first
           from second in (UploadAct[])[UploadAct.Append, UploadAct.Finish, UploadAct.FinishWithChunk]
           where first.Act is UploadAct.Append or UploadAct.Finish or UploadAct.FinishWithChunk
           select (first.Act, first.Step, second),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Pairs))]
    public Task A_pair_ends_with_the_right_bytes_or_a_refusal(UploadAct first, BlobStep step, UploadAct second) => RunAsync(first, step, second, Small);

    [Theory]
    [MemberData(nameof(Writers))]
    public Task So_does_one_of_many_parts(UploadAct first, BlobStep step, UploadAct second) => RunAsync(first, step, second, Large);

    private async Task RunAsync(UploadAct first, BlobStep step, UploadAct second, int size)
    {
        var location = await _hosts.BeginAsync("team/pairs");
        var begin = Installation.Random(size);
        using (var begun = await TwoHosts.AppendAsync(_hosts.First, location, begin))
        {
            await Installation.ShouldBeAsync(begun, 202);
        }

        using var one = new Request(first, _hosts.First, location, begin, Installation.Random(size + 40_001));
        using var other = new Request(second, _hosts.Second, location, begin, Installation.Random(size + 80_002));
        using var hold = _hosts.Gate.HoldNext(step);
        one.Start();
        await hold.ReachedAsync();
        if (first is UploadAct.Break)
        {
            // It stands before its next bytes, which do not come.
            hold.Release();
            await one.SentAsync();
            _hosts.Clock.Advance(TimeSpan.FromSeconds(6));
        }

        var arrived = _hosts.Requests.Arrived;
        other.Start();
        await Eventually.TrueAsync("the second request has arrived", TimeSpan.FromSeconds(30), () => _hosts.Requests.Arrived > arrived);
        if (_hosts.AreTwo || first is UploadAct.Break or UploadAct.Status || second is UploadAct.Status)
        {
            // In one process the others wait for their turn.
            await other.EndAsync();
        }

        hold.Release();
        await one.EndAsync();
        await other.EndAsync();
        // A server notices later than its client that a connection is broken.
        await Eventually.TrueAsync("every request has ended", TimeSpan.FromSeconds(30), () => _hosts.Requests.Running == 0);
        await CheckAsync(one, other, location, begin);
    }

    private async Task CheckAsync(Request one, Request other, string location, byte[] begin)
    {
        Request[] both = [one, other];
        Assert.All(both, r => Assert.Contains(r.Status, r.Allowed));
        foreach (var stored in both.Where(r => r.Status == 201))
        {
            foreach (var client in (HttpClient[])[_hosts.First, _hosts.Second])
            {
                var bytes = await client.GetByteArrayAsync($"/v2/team/pairs/blobs/{stored.Digest}", Cancellation);
                Assert.Equal(stored.Digest, Installation.DigestOf(bytes));
            }
        }

        Assert.False(_hosts.AreTwo && one is { Act: UploadAct.Append, Status: 202 } && other is { Act: UploadAct.Append, Status: 202 }, "Both wrote from the same point.");
        var isOver = both.Any(r => r is { Act: UploadAct.Cancel, Status: 204 } or { Status: 201 or 400 });
        var received = await TwoHosts.ReceivedAsync(_hosts.Second, location);
        Assert.Equal(received, await TwoHosts.ReceivedAsync(_hosts.First, location));
        Assert.Equal(isOver, received is null);
        if (received is not { } length)
        {
            return;
        }

        byte[] known = [.. begin, .. both.Where(r => r is { Act: UploadAct.Append, Status: 202 }).SelectMany(r => r.Chunk)];
        var broken = both.Where(r => r.Act is UploadAct.Break).ToList();
        Assert.InRange(length, known.Length, known.Length + broken.Sum(r => r.Sent));
        // Of two that break the one counts that had the turn last, and behind what the other had brought, when it had the turn before.
        var more = (int)(length - known.Length);
        byte[][] tails = more == 0 ? [[]] : [.. broken.Where(r => r.Sent >= more).Select(r => r.Chunk[..more]), .. Joined(broken, more)];
        var contents = tails.Select(tail => (byte[])[.. known, .. tail]).ToDictionary(content => Installation.DigestOf(content), StringComparer.Ordinal);
        var digest = contents.Keys.First();
        using var finished = await TwoHosts.FinishAsync(_hosts.Second, location, digest);
        if (finished.StatusCode is HttpStatusCode.BadRequest && contents.Count > 1)
        {
            using var refusal = JsonDocument.Parse(await finished.Content.ReadAsStringAsync(Cancellation));
            Assert.Contains(refusal.RootElement.GetProperty("errors")[0].GetProperty("detail").GetProperty("computed").GetString()!, contents.Keys);
            return;
        }

        await Installation.ShouldBeAsync(finished, 201);
        Assert.Equal(contents[digest], await _hosts.First.GetByteArrayAsync($"/v2/team/pairs/blobs/{digest}", Cancellation));
    }

    private static IEnumerable<byte[]> Joined(List<Request> broken, int length) =>
        broken is [var first, var second] && length > first.Sent && length - first.Sent <= second.Sent
            ? [[.. first.Chunk[..first.Sent], .. second.Chunk[..(length - first.Sent)]]]
            : [];

    /// <summary>One of the two requests.</summary>
    private sealed class Request(UploadAct act, HttpClient client, string location, byte[] begin, byte[] chunk) : IDisposable
    {
        private readonly CancellationTokenSource _break = new();
        private EndlessContent? _body;
        private Task<HttpResponseMessage>? _sending;

        public UploadAct Act => act;

        public byte[] Chunk => chunk;

        /// <summary>How many bytes of the chunk are sent before its connection breaks.</summary>
        public int Sent => chunk.Length / 2;

        public string Digest { get; } = Installation.DigestOf(act is UploadAct.FinishWithChunk ? [.. begin, .. chunk] : begin);

        /// <summary>How it was answered; 0 when its connection broke before.</summary>
        public int Status { get; private set; }

        public int[] Allowed => act switch
        {
            UploadAct.Append => [202, 404, 409, 416],
            UploadAct.Finish or UploadAct.FinishWithChunk => [201, 400, 404, 409, 416],
            UploadAct.Break => [0, 404, 409, 416],
            _ => [204, 404, 409],
        };

        public void Start() => _sending ??= act switch
        {
            UploadAct.Append => TwoHosts.AppendAsync(client, location, chunk),
            UploadAct.Finish => TwoHosts.FinishAsync(client, location, Digest),
            UploadAct.FinishWithChunk => TwoHosts.FinishAsync(client, location, Digest, chunk),
            UploadAct.Status => client.GetAsync(location, Cancellation),
            UploadAct.Cancel => client.DeleteAsync(location, Cancellation),
            _ => SendBrokenAsync(),
        };

        public void Dispose()
        {
            _break.Dispose();
            _body?.Dispose();
        }

        /// <summary>Answers when a connection that will break has brought what it will bring.</summary>
        public async Task SentAsync() => await Task.WhenAny(_body!.Begun, _sending!);

        public async Task EndAsync()
        {
            if (_body is not null && !_sending!.IsCompleted)
            {
                await SentAsync();
                await _break.CancelAsync();
            }

            try
            {
                using var answer = await _sending!;
                Status = (int)answer.StatusCode;
            }
            catch (Exception e) when (act is UploadAct.Break && e is OperationCanceledException or HttpRequestException)
            {
                // As it should.
            }
        }

        private async Task<HttpResponseMessage> SendBrokenAsync()
        {
            _body = new(chunk[..Sent], _break.Token);
            using var request = new HttpRequestMessage(HttpMethod.Patch, location) { Content = _body };
            return await client.SendAsync(request, Cancellation);
        }
    }
}

/// <summary>The hosts of one class of tests.</summary>
/// <param name="two">Whether there are two replicas.</param>
/// <param name="s3">Whether they keep blobs in an object store.</param>
public abstract class UploadHosts(bool two, bool s3) : IAsyncLifetime
{
    private TwoHosts? _hosts;

    public async ValueTask InitializeAsync()
    {
        if ((!two || OwnDatabase.IsAvailable) && (!s3 || OwnBucket.IsAvailable))
        {
            _hosts = await TwoHosts.StartAsync(two, s3);
        }
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_hosts is not null)
        {
            await _hosts.DisposeAsync();
        }
    }

    /// <summary>The hosts; skips the test where their stores are not to be had.</summary>
    public TwoHosts Require()
    {
        Assert.SkipWhen(_hosts is null, $"{OwnDatabase.Missing} {OwnBucket.Missing}");
        return _hosts;
    }
}

public sealed class OneProcessOnFiles(OneProcessOnFiles.Hosts hosts) : UploadPairTests(hosts), IClassFixture<OneProcessOnFiles.Hosts>
{
    public sealed class Hosts() : UploadHosts(two: false, s3: false);
}

public sealed class OneProcessOnObjects(OneProcessOnObjects.Hosts hosts) : UploadPairTests(hosts), IClassFixture<OneProcessOnObjects.Hosts>
{
    public sealed class Hosts() : UploadHosts(two: false, s3: true);
}

public sealed class TwoReplicasOnFiles(TwoReplicasOnFiles.Hosts hosts) : UploadPairTests(hosts), IClassFixture<TwoReplicasOnFiles.Hosts>
{
    public sealed class Hosts() : UploadHosts(two: true, s3: false);
}

public sealed class TwoReplicasOnObjects(TwoReplicasOnObjects.Hosts hosts) : UploadPairTests(hosts), IClassFixture<TwoReplicasOnObjects.Hosts>
{
    public sealed class Hosts() : UploadHosts(two: true, s3: true);
}
