using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>Collectors that do not do what is expected of them, and the server as its own.</summary>
public sealed class OwnTraceExportTests : IAsyncLifetime
{
    private const string Taken = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Type: application/x-protobuf\r\nConnection: close\r\n\r\n";

    // No longer than an orderly stop takes that is not held up by anything, with some room for a busy machine.
    private static readonly TimeSpan s_stop = TimeSpan.FromSeconds(7);

    private StagedoorApp _app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await StagedoorApp.StartAsync(
        ("Modules", "images,discovery,tracing"), ("Tracing:Own:SamplePerMille", "0"), ("Tracing:OtlpHttpListen", "0"), ("Tracing:OtlpGrpcListen", "0"), ("Tracing:ZipkinListen", "0"), ("Tracing:JaegerListen", "0"), ("Discovery:Listen", "0"), ("Gateway:RefusalsPerSecondPerAddress", "0"));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task A_collector_that_accepts_and_never_answers_costs_requests_nothing_and_holds_up_no_stop()
    {
        await using var hole = new RawListener(null);
        await _app.RestartAsync(("Tracing:Own:Export:Endpoint", hole.Url));
        await RefuseManyAsync();
        await Eventually.TrueAsync("it hears of them", TimeSpan.FromSeconds(20), () => hole.Heard.Count > 0);
        await RefuseManyAsync();

        await StopInTimeAsync();
    }

    [Fact]
    public async Task A_dead_collector_costs_requests_nothing_and_holds_up_no_stop()
    {
        await _app.RestartAsync(("Tracing:Own:Export:Endpoint", "http://127.0.0.1:9"));
        await RefuseManyAsync();

        await StopInTimeAsync();
    }

    [Fact]
    public async Task A_slow_collector_gets_all_one_request_after_the_other_with_one_parent_at_most()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var slow = new RawListener(Taken, () => gate.Task);
        await _app.RestartAsync(("Tracing:Own:Export:Endpoint", slow.Url));
        var id = await RefuseManyAsync();
        await Eventually.TrueAsync("it hears of them", TimeSpan.FromSeconds(20), () => slow.Heard.Count > 0);
        await Eventually.TrueAsync("they are kept here meanwhile", TimeSpan.FromSeconds(20), () => IsKeptAsync(id));
        Assert.Single(slow.Heard);
        Assert.Equal(0, await MetricAsync("stagedoor_tracing_own_exported_total{result=\"sent\"}"));

        gate.SetResult();

        await Eventually.TrueAsync("it has them all", TimeSpan.FromSeconds(20), async () => await MetricAsync("stagedoor_tracing_own_exported_total{result=\"sent\"}") is > 0 and var sent
            && sent == await MetricAsync("stagedoor_tracing_own_spans_total"));
        Assert.Equal(0, await MetricAsync("stagedoor_tracing_own_exported_total{result=\"dropped\"}"));
        Assert.All(slow.Heard, static heard =>
        {
            Assert.StartsWith("POST /v1/traces HTTP/1.1\r\n", heard, StringComparison.Ordinal);
            Assert.InRange(heard.Split("\r\n").Count(static l => l.StartsWith("traceparent:", StringComparison.OrdinalIgnoreCase)), 0, 1);
        });
    }

    [Fact]
    public async Task What_waits_for_a_collector_is_sent_when_the_server_stops()
    {
        // The first time it does not answer.
        var never = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = 0;
        await using var slow = new RawListener(Taken, () => Interlocked.Increment(ref asked) == 1 ? never.Task : Task.CompletedTask);
        await _app.RestartAsync(("Tracing:Own:Export:Endpoint", slow.Url));
        await RefuseManyAsync(1);
        await Eventually.TrueAsync("it hears of it", TimeSpan.FromSeconds(20), () => slow.Heard.Count == 1);

        await _app.RestartAsync(("Tracing:Own:Export:Endpoint", ""));

        Assert.Equal(2, slow.Heard.Count);
        never.SetResult();
    }

    [Theory]
    [InlineData("OTLP over HTTP")]
    [InlineData("OTLP over gRPC")]
    [InlineData("Zipkin")]
    [InlineData("Jaeger")]
    [InlineData("Service Center")]
    [InlineData("OTLP over HTTP", "otel/v1/traces")]
    public async Task Its_own_ports_as_the_collector_make_no_traces_of_traces(string port, string path = "")
    {
        // By number they stay what they are.
        var listeners = _app.Services.GetRequiredService<BoundListeners>().Others;
        (string, string)[] ports = [.. listeners.Select(static o => (o.Listener.Setting, o.Address))];
        var address = listeners.Single(o => o.Listener.Title == port).Address;
        await _app.RestartAsync([.. ports, ("Tracing:Own:Export:Endpoint", $"{address.TrimEnd('/')}/{path}")]);
        Assert.Contains(_app.Services.GetRequiredService<BoundListeners>().Others, o => o.Address == address);
        var id = await RefuseManyAsync(3);
        await Eventually.TrueAsync("they are kept", TimeSpan.FromSeconds(20), () => IsKeptAsync(id));
        const string Done = "stagedoor_tracing_own_exported_total";
        await Eventually.TrueAsync("they were sent, or could not be", TimeSpan.FromSeconds(20), async () =>
            port is "OTLP over gRPC" || await MetricAsync($"{Done}{{result=\"sent\"}}") + await MetricAsync($"{Done}{{result=\"dropped\"}}") >= 3);

        // One more, behind which whatever came of the others would stand.
        var last = await RefuseManyAsync(1);
        await Eventually.TrueAsync("it is kept", TimeSpan.FromSeconds(20), () => IsKeptAsync(last));

        Assert.Equal(4, await CountTracesAsync());
    }

    private static string IdOf(HttpResponseMessage response) => response.Headers.GetValues("X-Request-Id").Single();

    private async Task<string> RefuseManyAsync(int count = 100)
    {
        var id = "";
        for (var i = 0; i < count; i++)
        {
            using var refused = await _app.Anonymous.GetAsync("/v3/users", Cancellation);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            id = IdOf(refused);
        }

        return id;
    }

    private async Task StopInTimeAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        var stopped = TimeSpan.Zero;
        await _app.RestartAsync(() => stopped = TimeProvider.System.GetElapsedTime(began));
        Assert.InRange(stopped, TimeSpan.Zero, s_stop);
    }

    private async Task<bool> IsKeptAsync(string id)
    {
        using var response = await _app.Admin.GetAsync($"/v1/{_app.FirstRun.ProjectId}/ats/traces/{id}", Cancellation);
        return response.StatusCode is HttpStatusCode.OK;
    }

    // Those of questions for a trace that was not there yet are refused requests as well.
    private async Task<int> CountTracesAsync()
    {
        var now = _app.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        using var response = await _app.Admin.GetAsync(
            $"/v1/{_app.FirstRun.ProjectId}/ats/traces?application=stagedoor&startTime={now - 3_600_000}&endTime={now + 3_600_000}&limit=1000", Cancellation);
        return JsonElement.Parse(await response.Content.ReadAsStringAsync(Cancellation)).GetProperty("responseInfo").GetProperty("traceChains").EnumerateArray()
            .Count(static t => !t.GetProperty("transaction").GetString()!.Contains("/ats/", StringComparison.Ordinal));
    }

    private async Task<long> MetricAsync(string name)
    {
        var text = await _app.Anonymous.GetStringAsync("/metrics", Cancellation);
        var line = text.Split('\n').Single(l => l.StartsWith(name + " ", StringComparison.Ordinal));
        return long.Parse(line[(name.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
