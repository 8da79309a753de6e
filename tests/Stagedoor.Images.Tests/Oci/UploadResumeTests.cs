using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>An upload goes on wherever its next request comes in, and only there.</summary>
public sealed class UploadResumeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, 70_000)]
    [InlineData(true, 70_000)]
    [InlineData(false, 9_000_000)]
    [InlineData(true, 9_000_000)]
    public async Task Chunks_alternate_between_replicas(bool s3, int chunk)
    {
        Assert.SkipUnless(OwnDatabase.IsAvailable, OwnDatabase.Missing);
        await using var hosts = await TwoHosts.StartAsync(two: true, s3);
        var content = Installation.Random(5 * chunk);
        var location = await hosts.BeginAsync("team/turns");
        for (var i = 0; i < 4; i++)
        {
            using var patched = await TwoHosts.AppendAsync(i % 2 == 0 ? hosts.First : hosts.Second, location, content[(i * chunk)..((i + 1) * chunk)]);
            await Installation.ShouldBeAsync(patched, 202);
        }

        using var finished = await TwoHosts.FinishAsync(hosts.First, location, Installation.DigestOf(content), content[(4 * chunk)..]);

        await Installation.ShouldBeAsync(finished, 201);
        Assert.Equal(content, await hosts.Second.GetByteArrayAsync($"/v2/team/turns/blobs/{Installation.DigestOf(content)}", Cancellation));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task What_hangs_at_one_connection_is_sent_over_another(bool two, bool s3)
    {
        Assert.SkipUnless(!two || OwnDatabase.IsAvailable, OwnDatabase.Missing);
        await using var hosts = await TwoHosts.StartAsync(two, s3);
        var content = Installation.Random(300_000);
        var location = await hosts.BeginAsync("team/hangs");
        using var hangs = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var body = new EndlessContent(content[..100_000], hangs.Token);
        using var request = new HttpRequestMessage(HttpMethod.Patch, location) { Content = body };
        using var reached = hosts.Gate.HoldNext(BlobStep.Append);
        var sending = hosts.First.SendAsync(request, Cancellation);
        await reached.ReachedAsync();
        reached.Release();
        await body.Begun;
        Assert.Equal(1, await TwoHosts.ReceivedAsync(hosts.Second, location));

        // Until it has hung for five seconds, a second request in the same process is told to come again.
        HttpResponseMessage resumed;
        while ((int)(resumed = await TwoHosts.AppendAsync(hosts.Second, location, content)).StatusCode == 409)
        {
            resumed.Dispose();
            hosts.Clock.Advance(TimeSpan.FromSeconds(6));
        }

        await Installation.ShouldBeAsync(resumed, 202);
        resumed.Dispose();
        await hangs.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(async () => (await sending).EnsureSuccessStatusCode());
        await Eventually.TrueAsync("every request has ended", TimeSpan.FromSeconds(30), () => hosts.Requests.Running == 0);
        using var finished = await TwoHosts.FinishAsync(hosts.Second, location, Installation.DigestOf(content));
        await Installation.ShouldBeAsync(finished, 201);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PATCH")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Another_repositorys_name_does_not_reach_it(string method)
    {
        await using var hosts = await TwoHosts.StartAsync(two: false, s3: false);
        var content = Installation.Random(300_000);
        var digest = Installation.DigestOf(content);
        var location = await hosts.BeginAsync("team/app");
        using var other = await hosts.First.PostAsync($"/v2/team/other/blobs/uploads/?digest={Installation.DigestOf([])}", new ByteArrayContent([]), Cancellation);
        await Installation.ShouldBeAsync(other, 201);
        using var hold = hosts.Gate.HoldNext(BlobStep.Append);
        var sending = TwoHosts.AppendAsync(hosts.First, location, content);
        await hold.ReachedAsync();
        using (var request = new HttpRequestMessage(new(method), $"{location.Replace("team/app", "team/other", StringComparison.Ordinal)}?digest={digest}"))
        {
            using var missed = await hosts.First.SendAsync(request, Cancellation);
            await missed.ShouldFailAsync(404, "SVCSTG.SWR.4040043");
        }

        hold.Release();

        using var patched = await sending;
        await Installation.ShouldBeAsync(patched, 202);
        using var finished = await TwoHosts.FinishAsync(hosts.First, location, digest);
        await Installation.ShouldBeAsync(finished, 201);
    }
}
