using System.Net;
using System.Text;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Tests.Otlp;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>Spans that a rule fits are taken and not kept.</summary>
public sealed class DropTests : TraceService
{
    protected override IEnumerable<(string Key, string Value)> Settings =>
    [
        ("Tracing:Drop:0:Path", "/healthz/**"),
        ("Tracing:Drop:1:Service", "cart"), ("Tracing:Drop:1:Transaction", "GET,HEAD_/probe/{x}"),
        ("Tracing:Drop:2:Name", "grpc.health.v1.Health/*"),
        ("Tracing:Drop:3:Service", "noise"),
        ("Tracing:Drop:4:Service", "cart"), ("Tracing:Drop:4:Name", "poll"), ("Tracing:Drop:4:Path", "/queue"),
    ];

    [Fact]
    public async Task What_a_rule_fits_is_not_kept_and_nobody_is_told()
    {
        await SendAsync(Of(
            "Cart",
            Call(1, "GET", "/healthz"), Call(2, "POST", "/healthz/live?x=1"), Call(3, "GET", "/probe/db"), Call(4, "POST", "/probe/db"), Call(5, "GET", "/probe/db/deep"),
            Span(6, 1, name: "grpc.health.v1.Health/Check"), Span(7, 1, name: "GET /healthz"), Span(8, 1, name: "shop.Cart/Check"),
            Call(9, "GET", "/queue"), Call(10, "GET", "/queue", "poll")));
        await SendAsync(Of("billing", Call(11, "GET", "/probe/db"), Call(12, "GET", "/healthz")));
        await SendAsync(Of("noise", Call(13, "GET", "/cart")));

        Assert.Equal([4, 5, 8, 9], await TracesAsync("cart"));
        Assert.Equal([11], await TracesAsync("billing"));
        Assert.Equal(["billing", "cart"], await NamesAsync("ats/applications"));
        Assert.Equal(4, (await QueryAsync($"atps/topology?{Window}")).GetProperty("responseInfo").GetProperty("nodes").EnumerateArray()
            .Single(static n => n.GetProperty("name").GetString() is "cart").GetProperty("calls").GetInt64());
    }

    [Fact]
    public async Task They_are_not_among_the_rejected()
    {
        using var response = await ExportAsync(Of("cart", Call(1, "GET", "/healthz"), new Message().Text(5, "none")));

        var message = Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("rejected 1 of 2 spans: invalid_trace_id=1", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Those_of_Zipkin_are_dropped_too()
    {
        using var content = new StringContent(
            $$$"""[{"traceId":"1","id":"1","kind":"SERVER","name":"get","timestamp":{{{(Now / 1000) - 1_000_000}}},"duration":5,"localEndpoint":{"serviceName":"cart"},"tags":{"http.path":"/healthz"}}]""",
            Encoding.UTF8,
            "application/json");
        using var response = await App.Anonymous.PostAsync("/api/v2/spans", content, Cancellation);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("SVCSTG.ATS.200103", (await QueryAsync("ats/applications", HttpStatusCode.BadRequest)).GetProperty("errorCode").GetString());
    }

    [Theory]
    [InlineData("Tracing:Drop:5:Service", "*")]
    [InlineData("Tracing:Drop:3:Service", "Noise")]
    [InlineData("Tracing:Drop:0:Path", "healthz")]
    [InlineData("Tracing:Drop:1:Transaction", "GET /probe")]
    public async Task A_rule_that_is_none_stops_the_start(string setting, string value)
    {
        var problem = await Assert.ThrowsAnyAsync<Exception>(() => App.RestartAsync((setting, value)));

        Assert.Contains(setting, problem.ToString(), StringComparison.Ordinal);
    }

    private Message Call(byte trace, string method, string path, string? name = null) =>
        Span(trace, 1, kind: SpanKind.Server, name: name ?? method).Inner(9, Message.Pair("http.request.method", method)).Inner(9, Message.Pair("url.path", path));

    private async Task<IEnumerable<int>> TracesAsync(string application) =>
        (await QueryAsync($"ats/traces?{Window}&application={application}")).GetProperty("responseInfo").GetProperty("traceChains").EnumerateArray()
            .Select(static c => Convert.ToInt32(c.GetProperty("traceId").GetString()![^2..], 16)).Order();
}
