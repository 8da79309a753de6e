using System.Text.Json;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Monitoring.Tests.Dashboard;

namespace Stagedoor.Monitoring.Tests;

/// <summary>The overview as it changes.</summary>
public sealed class StreamTests(Dashboard dashboard) : IClassFixture<Dashboard>
{
    private const string Path = "/v2/default/csemonitor/stream";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_frame_comes_at_once_and_the_next_after_five_seconds()
    {
        await dashboard.UploadAsync(Report("streamed", "host-1", Row("Provider.a.b")));
        using var response = await dashboard.App.Anonymous.GetAsync(Path, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));

        var first = await FrameAsync(reader);
#pragma warning disable CA2025 // It is awaited below.
        var next = FrameAsync(reader);
#pragma warning restore CA2025
        await Eventually.TrueAsync("the next frame comes", dashboard.App.Clock, TimeSpan.FromMilliseconds(500), () => next.IsCompleted);
        var second = await next;

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains(first.GetProperty("services").EnumerateArray(), static s => s.GetProperty("name").GetString() == "streamed");
        Assert.InRange(second.GetProperty("time").GetInt64() - first.GetProperty("time").GetInt64(), 4_000, 30_000);
    }

    [Fact]
    public async Task A_client_that_goes_ends_the_stream()
    {
        await using var app = await StagedoorApp.StartAsync();
        using (var response = await app.Anonymous.GetAsync(Path, HttpCompletionOption.ResponseHeadersRead, Cancellation))
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
            await FrameAsync(reader);
        }

        await WaitForNoneInFlightAsync(app);
    }

    [Fact]
    public async Task A_process_that_stops_does_not_wait_for_a_stream()
    {
        await using var app = await StagedoorApp.StartAsync();
        using var client = new OutgoingClient { BaseAddress = new(app.Url) };
        using var response = await client.GetAsync(Path, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
        await FrameAsync(reader);

        // The server gives open requests eight seconds.
        await app.RestartAsync().WaitAsync(TimeSpan.FromSeconds(7), Cancellation);

        Assert.Equal("", await reader.ReadToEndAsync(Cancellation));
    }

    [Fact]
    [Provokes("401002")]
    public async Task A_stranger_gets_no_stream()
    {
        await using var app = await StagedoorApp.StartAsync(("Discovery:Anonymous", "Never"));
        using var response = await app.Anonymous.GetAsync(Path, Cancellation);

        await response.ShouldFailAsync(401, "401002");
    }

    private static async Task<JsonElement> FrameAsync(StreamReader reader)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        timeout.CancelAfter(TimeSpan.FromSeconds(30));
        Assert.Equal("event: services", await reader.ReadLineAsync(timeout.Token));
        Assert.StartsWith("id: ", await reader.ReadLineAsync(timeout.Token), StringComparison.Ordinal);
        var data = await reader.ReadLineAsync(timeout.Token);
        Assert.StartsWith("data: ", data, StringComparison.Ordinal);
        Assert.Equal("", await reader.ReadLineAsync(timeout.Token));
        return JsonElement.Parse(data!["data: ".Length..]);
    }

    // The question itself is one.
    private static Task WaitForNoneInFlightAsync(StagedoorApp app) => Eventually.TrueAsync("the stream has ended", app.Clock, TimeSpan.FromSeconds(1), async () =>
        (await app.Anonymous.GetStringAsync("/metrics", Cancellation)).Contains("\nstagedoor_requests_in_flight 1\n", StringComparison.Ordinal));
}
