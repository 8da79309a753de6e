using System.Globalization;
using System.IO.Compression;
using System.Text;
using Stagedoor.Tracing.Tests.Otlp;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>What <c>/metrics</c> says of spans that come.</summary>
public sealed class IngestMetricTests : TraceService
{
    protected override IEnumerable<(string Key, string Value)> Settings => [("Tracing:Drop:0:Path", "/healthz")];

    [Fact]
    public async Task Spans_are_counted_by_protocol_and_what_became_of_them()
    {
        Assert.Equal(0, await ValueAsync("""stagedoor_tracing_ingest_spans_total{protocol="otlp_grpc",result="rejected",reason="too_old"}"""));

        var body = Of("cart", Span(1, 1), Span(2, 1), Call(3, "/healthz"), Span(4, 1, secondsAgo: 100 * 86_400), new Message().Text(5, "none"));
        using var first = await ExportAsync(body);
        using var again = await ExportAsync(body);
        using var content = new StringContent(
            $$$"""[{"traceId":"5","id":"1","name":"get","timestamp":{{{(Now / 1000) - 1_000_000}}},"duration":5,"localEndpoint":{"serviceName":"cart"}}]""", Encoding.UTF8, "application/json");
        using var zipkin = await App.Anonymous.PostAsync("/api/v2/spans", content, Cancellation);

        var metrics = await MetricsAsync();
        Assert.Equal(2, Value(metrics, """stagedoor_tracing_ingest_spans_total{protocol="otlp_http",result="accepted",reason=""}"""));
        Assert.Equal(2, Value(metrics, """stagedoor_tracing_ingest_spans_total{protocol="otlp_http",result="dropped",reason="repeated"}"""));
        Assert.Equal(2, Value(metrics, """stagedoor_tracing_ingest_spans_total{protocol="otlp_http",result="dropped",reason="filtered"}"""));
        Assert.Equal(2, Value(metrics, """stagedoor_tracing_ingest_spans_total{protocol="otlp_http",result="rejected",reason="too_old"}"""));
        Assert.Equal(2, Value(metrics, """stagedoor_tracing_ingest_spans_total{protocol="otlp_http",result="rejected",reason="invalid_trace_id"}"""));
        Assert.Equal(1, Value(metrics, """stagedoor_tracing_ingest_spans_total{protocol="zipkin",result="accepted",reason=""}"""));
        Assert.Equal(3, Value(metrics, "stagedoor_tracing_storage_spans"));
        Assert.DoesNotContain(Project, metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_are_counted_as_they_are_sent_and_as_they_are_read()
    {
        var body = Of("cart", [.. Enumerable.Range(1, 50).Select(i => Span((byte)i, 1, name: "GET /cart/{user}/items"))]);
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(body, Cancellation);
        }

        using var response = await ExportAsync(packed.ToArray(), encoding: "gzip");

        var metrics = await MetricsAsync();
        Assert.Equal(packed.Length, Value(metrics, """stagedoor_tracing_ingest_received_bytes_total{protocol="otlp_http",stage="packed"}"""));
        Assert.Equal(body.Length, Value(metrics, """stagedoor_tracing_ingest_received_bytes_total{protocol="otlp_http",stage="unpacked"}"""));
        Assert.Equal(0, Value(metrics, "stagedoor_tracing_ingest_in_flight_bytes"));
        Assert.True(Value(metrics, "stagedoor_tracing_ingest_sync_seconds_count") >= 1);
    }

    [Fact]
    public async Task How_old_spans_are_and_whose_clock_is_ahead_is_told()
    {
        await SendAsync(Of("cart", Span(1, 1, secondsAgo: 30), Span(2, 1, secondsAgo: 20)));
        await SendAsync(Of("cart", Span(3, 1, secondsAgo: 0, micros: 60_000_000)));

        var metrics = await MetricsAsync();
        Assert.Equal(2, Value(metrics, "stagedoor_tracing_ingest_span_age_seconds_count"));
        Assert.Equal(1, Value(metrics, """stagedoor_tracing_ingest_span_age_seconds_bucket{le="0.0005"}"""));
        Assert.InRange(Value(metrics, "stagedoor_tracing_ingest_span_age_seconds_sum"), 19, 29);
        Assert.Equal(1, Value(metrics, "stagedoor_tracing_ingest_ahead_total"));
        Assert.Equal(3, Value(metrics, "stagedoor_tracing_storage_spans"));
        Assert.True(Value(metrics, "stagedoor_tracing_storage_oldest_seconds") >= 0);
    }

    [Fact]
    public async Task What_is_cut_and_what_waits_for_another_half_is_counted()
    {
        await SendAsync(Of("cart", Span(1, 1, kind: Spans.SpanKind.Client).Inner(9, Message.Pair("server.address", "other")).Inner(9, Message.Pair("long", new string('x', 10_000)))));

        var metrics = await MetricsAsync();
        Assert.Equal(1, Value(metrics, "stagedoor_tracing_ingest_truncated_total"));
        Assert.Equal(1, Value(metrics, "stagedoor_tracing_topology_pending"));
        Assert.Equal(0, Value(metrics, "stagedoor_tracing_topology_unpaired_total"));
        Assert.Equal(0, Value(metrics, "stagedoor_tracing_topology_late_pair_total"));
        Assert.Equal(0, Value(metrics, "stagedoor_tracing_transaction_overflow_total"));
    }

    private Message Call(byte trace, string path) => Span(trace, 1).Inner(9, Message.Pair("url.path", path));

    private async Task<double> ValueAsync(string series) => Value(await MetricsAsync(), series);

    private Task<string> MetricsAsync() => App.Anonymous.GetStringAsync("/metrics", Cancellation);

    private static double Value(string metrics, string series) => double.Parse(
        Assert.Single(metrics.Split('\n'), line => line.StartsWith($"{series} ", StringComparison.Ordinal))[(series.Length + 1)..], CultureInfo.InvariantCulture);
}
