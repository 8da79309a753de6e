using System.Net;
using System.Text;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>Zipkin's collector over HTTP.</summary>
public sealed class CollectTests : TraceService
{
    [Fact]
    public async Task Spans_of_version_2_are_taken_and_found()
    {
        using var response = await PostAsync("/api/v2/spans", $$$"""
            [{"traceId":"7d3f0a91c2e4b658","id":"0000000000000001","kind":"SERVER","name":"get /","timestamp":{{{Micros}}},"duration":1000,
              "localEndpoint":{"serviceName":"Cart","ipv4":"10.8.0.12","port":8080},"tags":{"http.method":"GET","http.path":"/orders/8841"}}]
            """);

        Assert.Equal((HttpStatusCode.Accepted, ""), (response.StatusCode, await TextOf(response)));
        Assert.Equal(["cart"], await NamesAsync("ats/applications"));
        Assert.Equal(["10.8.0.12:8080"], await NamesAsync("ats/applications/cart/instances"));
        Assert.Equal(["GET_/orders/*"], await NamesAsync("ats/applications/cart/transactions"));
    }

    [Fact]
    public async Task Both_halves_of_a_shared_span_are_one_item_and_one_edge()
    {
        var start = Micros;
        using var response = await PostAsync("/api/v1/spans", $$$"""
            [{"traceId":"7d3f0a91c2e4b658","id":"0000000000000001","name":"get","annotations":[
               {"timestamp":{{{start}}},"value":"cs","endpoint":{"serviceName":"gateway"}},{"timestamp":{{{start + 9000}}},"value":"cr","endpoint":{"serviceName":"gateway"}}]},
             {"traceId":"7d3f0a91c2e4b658","id":"0000000000000001","name":"get","annotations":[
               {"timestamp":{{{start + 1000}}},"value":"sr","endpoint":{"serviceName":"cart"}},{"timestamp":{{{start + 8000}}},"value":"ss","endpoint":{"serviceName":"cart"}}]}]
            """);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var item = Assert.Single(await NamesAsync("ats/spans?traceId=7d3f0a91c2e4b658"));
        Assert.Contains("\"duration\":9000", item, StringComparison.Ordinal);
        Assert.Contains("\"name\":\"cart:", item, StringComparison.Ordinal);
        var edges = (await QueryAsync($"atps/topology?{Window}")).GetProperty("responseInfo").GetProperty("edges").EnumerateArray();
        Assert.Equal(["default/gateway > default/cart"], edges.Select(static e => $"{e.GetProperty("source")} > {e.GetProperty("target")}"));
    }

    [Theory]
    [InlineData("/api/v2/spans", "", "application/json", 202, "")]
    [InlineData("/api/v2/spans", "[]", null, 202, "")]
    [InlineData("/api/v2/spans", "[{]", "application/json", 400, "Malformed reading")]
    [InlineData("/api/v2/spans", "[]", "text/csv", 415, "The media type is none of")]
    [InlineData("/api/v1/spans", "[]", "application/x-protobuf", 415, "The media type is none of")]
    public async Task It_answers_as_Zipkin_does(string path, string body, string? mediaType, int status, string text)
    {
        using var response = await ExportAsync(Encoding.UTF8.GetBytes(body), mediaType ?? "", path: path);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.StartsWith(text, await TextOf(response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_packed_and_does_not_say_so_is_unpacked()
    {
        using var packed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write("[]"u8);
        }

        using var whole = await ExportAsync(packed.ToArray(), "application/json", path: "/api/v2/spans");
        using var cut = await ExportAsync(packed.ToArray()[..^4], "application/json", path: "/api/v2/spans");

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.BadRequest), (whole.StatusCode, cut.StatusCode));
        Assert.StartsWith("Cannot gunzip spans", await TextOf(cut), StringComparison.Ordinal);
    }

    private long Micros => (long)(Now / 1000) - 10_000_000;

    private Task<HttpResponseMessage> PostAsync(string path, string json) => ExportAsync(Encoding.UTF8.GetBytes(json), "application/json", path: path);
}
