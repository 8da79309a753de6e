using System.Globalization;
using Stagedoor.Tracing.Tests.Otlp;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>What <c>/metrics</c> says of services, under Tempo's names.</summary>
public sealed class RedMetricTests : TraceService
{
    protected override IEnumerable<(string Key, string Value)> Settings => [("Tracing:MaxPrometheusSeries", "2")];

    [Fact]
    public async Task Calls_are_counted_by_transaction_and_from_one_service_to_another()
    {
        await SendAsync(Of("shop", Span(1, 1, kind: Spans.SpanKind.Client, micros: 3000), Span(2, 1, kind: Spans.SpanKind.Client, micros: 3000)));
        await SendAsync(Of("cart", Call(1, "/cart", 3000), Call(2, "/cart", 20_000_000).Inner(15, new Message().Number(3, 2))));

        var metrics = await MetricsAsync();
        Assert.Equal(1, Value(metrics, $$"""traces_spanmetrics_calls_total{service="cart",span_name="GET_/cart",span_kind="SPAN_KIND_SERVER",project="{{Project}}",status_code="STATUS_CODE_UNSET"}"""));
        Assert.Equal(1, Value(metrics, $$"""traces_spanmetrics_calls_total{service="cart",span_name="GET_/cart",span_kind="SPAN_KIND_SERVER",project="{{Project}}",status_code="STATUS_CODE_ERROR"}"""));
        var labels = $"service=\"cart\",span_name=\"GET_/cart\",span_kind=\"SPAN_KIND_SERVER\",project=\"{Project}\"";
        Assert.Contains("# TYPE traces_spanmetrics_latency histogram\n", metrics, StringComparison.Ordinal);
        Assert.Equal(0, Value(metrics, $"traces_spanmetrics_latency_bucket{{{labels},le=\"0.002048\"}}"));
        Assert.Equal(1, Value(metrics, $"traces_spanmetrics_latency_bucket{{{labels},le=\"0.004096\"}}"));
        Assert.Equal(1, Value(metrics, $"traces_spanmetrics_latency_bucket{{{labels},le=\"16.777216\"}}"));
        Assert.Equal(2, Value(metrics, $"traces_spanmetrics_latency_bucket{{{labels},le=\"+Inf\"}}"));
        Assert.Equal(2, Value(metrics, $"traces_spanmetrics_latency_count{{{labels}}}"));
        Assert.Equal(20.003, Value(metrics, $"traces_spanmetrics_latency_sum{{{labels}}}"), 3);
        labels = $"client=\"shop\",server=\"cart\",connection_type=\"\",project=\"{Project}\"";
        Assert.Equal(2, Value(metrics, $"traces_service_graph_request_total{{{labels}}}"));
        Assert.Equal(1, Value(metrics, $"traces_service_graph_request_failed_total{{{labels}}}"));
        Assert.Equal(2, Value(metrics, $"traces_service_graph_request_server_seconds_count{{{labels}}}"));
        Assert.Equal(2, Value(metrics, $"traces_service_graph_request_client_seconds_bucket{{{labels},le=\"0.004096\"}}"));
    }

    [Fact]
    public async Task There_are_so_many_series_and_one_for_all_others()
    {
        await SendAsync(Of("cart", Call(1, "/a", 1000), Call(2, "/b", 1000), Call(3, "/c", 1000), Call(4, "/d", 1000)));
        await MetricsAsync();
        await SendAsync(Of("cart", Call(5, "/e", 1000), Call(6, "/f", 1000)));

        var counts = (await MetricsAsync()).Split('\n').Where(static l => l.StartsWith("traces_spanmetrics_latency_count{", StringComparison.Ordinal)).ToArray();
        Assert.Equal(3, counts.Length);
        Assert.EndsWith(" 4", Assert.Single(counts, static l => l.Contains("span_name=\"(others)\"", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_of_it_is_shown_unless_that_is_switched_on()
    {
        await App.RestartAsync(("Tracing:MaxPrometheusSeries", "0"));
        await SendAsync(Of("cart", Call(1, "/cart", 1000)));

        Assert.DoesNotContain("cart", await MetricsAsync(), StringComparison.Ordinal);
    }

    private Message Call(byte trace, string path, long micros) =>
        Span(trace, 2, 1, name: "GET", micros: micros).Inner(9, Message.Pair("http.request.method", "GET")).Inner(9, Message.Pair("url.path", path));

    // What was counted is written before each question about it.
    private async Task<string> MetricsAsync()
    {
        await QueryAsync($"atps/topology?{Window}");
        return await App.Anonymous.GetStringAsync("/metrics", Cancellation);
    }

    private static double Value(string metrics, string series) => double.Parse(
        Assert.Single(metrics.Split('\n'), line => line.StartsWith($"{series} ", StringComparison.Ordinal))[(series.Length + 1)..], CultureInfo.InvariantCulture);
}
