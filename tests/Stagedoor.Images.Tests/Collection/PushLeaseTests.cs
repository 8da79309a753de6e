using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Content.Collection;
using Stagedoor.Images.Tests.Oci;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Collection;

/// <summary>What a client was told is there stays for as long as the push that relies on it goes on.</summary>
public sealed class PushLeaseTests : Installation
{
    private static readonly TimeSpan s_most = TimeSpan.FromMinutes(50);

    private Collector Collector => App.Services.GetRequiredService<Collector>();

    protected override IEnumerable<(string Key, string Value)> Settings => [("Images:Collector:Enabled", "false"), ("Images:MaxBodyPauseSeconds", "3600")];

    [Theory]
    [InlineData("uploaded")]
    [InlineData("mounted")]
    [InlineData("asked for")]
    public async Task A_push_that_takes_hours_keeps_its_first_layers(string how)
    {
        var (config, layer, last) = (Random(100), Random(200), Random(1000));
        await TellAsync(how, config);
        await TellAsync(how, layer);
        var location = await BeginUploadAsync("team/slow");
        for (var at = 0; at < last.Length; at += 100)
        {
            App.Clock.Advance(s_most);
            using var patched = await PatchAsync(location, last[at..(at + 100)]);
            await ShouldBeAsync(patched, 202);
            Assert.Equal(0, (await Collector.CollectAsync(Cancellation)).Blobs);
        }

        using var finished = await FinishAsync(location, DigestOf(last));
        await ShouldBeAsync(finished, 201);
        App.Clock.Advance(s_most);
        Assert.Equal(0, (await Collector.CollectAsync(Cancellation)).Blobs);
        using var pushed = await PutManifestAsync("team/slow", "v1", ManifestOf(config, layer));
        await ShouldBeAsync(pushed, 201);
    }

    [Theory]
    [InlineData("PATCH")]
    [InlineData("PUT")]
    [InlineData("POST")]
    public async Task The_bytes_of_a_running_request_keep_them(string method)
    {
        var (config, layer, piece) = (Random(100), Random(200), Random(20_000));
        await PushBlobAsync("team/slow", config);
        await PushBlobAsync("team/slow", layer);
        var digest = DigestOf([.. Enumerable.Repeat(piece, 6).SelectMany(static p => p)]);
        var target = method is "POST" ? $"/v2/team/slow/blobs/uploads/?digest={digest}" : await BeginUploadAsync("team/slow");
        var body = new SteppedContent();
#pragma warning disable CA2025 // It is awaited below, before anything that it uses goes.
        var sending = SendAsync(method, method is "PUT" ? $"{target}?digest={digest}" : target, body);
#pragma warning restore CA2025
        for (var i = 0; i < 6; i++)
        {
            App.Clock.Advance(s_most);
            var now = App.Clock.GetUtcNow().ToUnixTimeMilliseconds();
            await body.SendAsync(piece, Cancellation);
            await Eventually.TrueAsync("the repository is noted as being pushed to", TimeSpan.FromSeconds(20), async () => await ActiveAtAsync() >= now);
            Assert.Equal(0, (await Collector.CollectAsync(Cancellation)).Blobs);
        }

        body.End();
        using var answer = await sending;
        await ShouldBeAsync(answer, method is "PATCH" ? 202 : 201);
        using var pushed = await PutManifestAsync("team/slow", "v1", ManifestOf(config, layer));
        await ShouldBeAsync(pushed, 201);
    }

    [Fact]
    public async Task Without_an_upload_they_go_after_their_lease()
    {
        await PushBlobAsync("team/slow", Random(100));
        App.Clock.Turn(TimeSpan.FromMinutes(61));

        Assert.Equal(1, (await Collector.CollectAsync(Cancellation)).Blobs);
    }

    [Fact]
    public async Task Uploads_to_another_repository_keep_nothing()
    {
        await PushBlobAsync("team/slow", Random(100));
        App.Clock.Turn(TimeSpan.FromMinutes(61));
        await BeginUploadAsync("team/other");

        Assert.Equal(1, (await Collector.CollectAsync(Cancellation)).Blobs);
    }

    [Fact]
    public async Task Uploads_keep_nothing_for_longer_than_one_may_rest()
    {
        await PushBlobAsync("team/slow", Random(100));
        App.Clock.Turn(TimeSpan.FromHours(23));
        await BeginUploadAsync("team/slow");
        Assert.Equal(0, (await Collector.CollectAsync(Cancellation)).Blobs);
        App.Clock.Turn(TimeSpan.FromHours(2));
        await BeginUploadAsync("team/slow");

        Assert.Equal(1, (await Collector.CollectAsync(Cancellation)).Blobs);
    }

    [Fact]
    public async Task What_one_replica_is_told_another_one_keeps()
    {
        Assert.SkipUnless(OwnDatabase.IsAvailable, OwnDatabase.Missing);
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: false);
        var content = Random(100);
        var location = await hosts.BeginAsync("team/slow");
        using var blob = await TwoHosts.FinishAsync(hosts.First, location, DigestOf(content), content);
        await ShouldBeAsync(blob, 201);
        await hosts.ExecuteAsync("UPDATE blob_links SET used_at = used_at - 7200000; UPDATE blobs SET leased_until = leased_until - 7200000; UPDATE upload_owners SET active_at = active_at - 7200000");
        hosts.Clock.Turn(TimeSpan.FromMinutes(2));
        await hosts.BeginAsync("team/slow");

        Assert.Equal(0, (await hosts.SecondApp.Services.GetRequiredService<Collector>().CollectAsync(Cancellation)).Blobs);
        await hosts.ExecuteAsync("UPDATE upload_owners SET active_at = active_at - 7200000");
        Assert.Equal(1, (await hosts.SecondApp.Services.GetRequiredService<Collector>().CollectAsync(Cancellation)).Blobs);
    }

    private async Task TellAsync(string how, byte[] content)
    {
        var digest = await PushBlobAsync(how is "mounted" ? "team/source" : "team/slow", content);
        if (how is "uploaded")
        {
            return;
        }

        App.Clock.Advance(TimeSpan.FromMinutes(40));
        using var told = how is "mounted"
            ? await Registry.PostAsync($"/v2/team/slow/blobs/uploads/?mount={digest}&from=team/source", null, Cancellation)
            : await Registry.SendAsync(new(HttpMethod.Head, $"/v2/team/slow/blobs/{digest}"), Cancellation);
        await ShouldBeAsync(told, how is "mounted" ? 201 : 200);
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string target, HttpContent body)
    {
        using var request = new HttpRequestMessage(new(method), target) { Content = body };
        return await Registry.SendAsync(request, Cancellation);
    }

    private Task<long> ActiveAtAsync() => App.Services.GetRequiredService<ImagesDb>().FindAsync<long>(
        "SELECT active_at FROM upload_owners WHERE owner = 'team/slow'", null, Cancellation);

    /// <summary>A body that comes piece by piece, as the test sends them.</summary>
    private sealed class SteppedContent : HttpContent
    {
        private readonly Channel<byte[]> _pieces = Channel.CreateUnbounded<byte[]>();

        public ValueTask SendAsync(byte[] piece, CancellationToken cancellationToken) => _pieces.Writer.WriteAsync(piece, cancellationToken);

        public void End() => _pieces.Writer.Complete();

        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context, CancellationToken cancellationToken)
        {
            await foreach (var piece in _pieces.Reader.ReadAllAsync(cancellationToken))
            {
                await stream.WriteAsync(piece, cancellationToken);
                await stream.FlushAsync(cancellationToken);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
