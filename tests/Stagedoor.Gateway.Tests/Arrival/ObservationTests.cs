using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Stagedoor.Gateway.Tests.Arrival;

/// <summary>What operators see of requests: measures and spans.</summary>
public sealed class ObservationTests
{
    private const string TraceId = "1af7651916cd43dd8448eb211c80319c";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_are_counted_by_route_status_and_code()
    {
        await using var host = await PipelineHost.StartAsync();
        var counted = new ConcurrentQueue<string>();
        using var listener = new MeterListener();
        var factory = host.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, factory) && instrument.Name is "stagedoor.requests")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
            counted.Enqueue(string.Join(' ', tags.ToArray().Select(static t => $"{t.Key}={t.Value}"))));
        listener.Start();

        using var known = await host.Anonymous.GetAsync($"/v1/{FakeDirectory.DefaultProject}/who", Cancellation);
        using var unknown = await host.Anonymous.GetAsync("/nothing", Cancellation);
        using var open = await host.Anonymous.GetAsync("/open", Cancellation);
        // The measure is taken when the response is complete, which may be after the client has read it.
        SpinWait.SpinUntil(() => counted.Count == 3, TimeSpan.FromSeconds(10));

        Assert.Equal(
            [
                "method=GET route=/open status=200 code=",
                "method=GET route=/v1/{project_id}/who status=401 code=APIGW.0301",
                "method=GET route=unmatched status=404 code=APIGW.0101",
            ],
            counted.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_recording_of_a_request_belongs_to_the_callers_trace()
    {
        var recorder = new Recorder();
        await using var host = await PipelineHost.StartAsync(services => services.AddSingleton<IRecorder>(recorder));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/who");
        request.Headers.Add("traceparent", $"00-{TraceId}-b7ad6b7169203331-01");

        using var response = await host.Anonymous.SendAsync(request, Cancellation);
        var span = await recorder.Kept.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.Equal(TraceId, span.Recording.TraceId.ToHexString());
        Assert.Equal("b7ad6b7169203331", span.Recording.ParentId.ToHexString());
        Assert.True(span.Recording.IsWanted);
        Assert.Equal("GET /who", span.Name);
        Assert.Equal("APIGW.0301", span.Outcome);
        Assert.Contains(new("http.response.status_code", 401L), span.Attributes);
    }

    private sealed class Recorder : IRecorder
    {
        public TaskCompletionSource<RecordedSpan> Kept { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Wants(Recording recording, bool hasFailed, bool isOfKnown, TimeSpan elapsed) => hasFailed && !isOfKnown;

        public void Keep(RecordedSpan span) => Kept.SetResult(span);
    }
}
