using System.Net;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Gateway.Tests.Arrival;

/// <summary>What holds for every request, whatever route it takes.</summary>
public sealed class ArrivalTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/open")]
    [InlineData("/nothing")]
    [InlineData("/fault")]
    [InlineData("/who")]
    public async Task Every_response_has_a_request_id_and_names_its_server(string path)
    {
        await using var host = await PipelineHost.StartAsync();

        using var response = await host.Anonymous.GetAsync(path, Cancellation);

        Assert.Matches("^[0-9a-f]{32}$", Assert.Single(response.Headers.GetValues("X-Request-Id")));
        Assert.Equal("api-gateway", response.Headers.Server.ToString());
    }

    [Fact]
    public async Task The_trace_of_the_caller_is_the_request_id()
    {
        await using var host = await PipelineHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/who");
        request.Headers.Add("traceparent", $"00-{TraceId}-b7ad6b7169203331-01");
        request.Headers.Add("X-Request-Id", "mine");

        using var response = await host.Anonymous.SendAsync(request, Cancellation);

        Assert.Equal(TraceId, Assert.Single(response.Headers.GetValues("X-Request-Id")));
        Assert.Contains($"\"request_id\":\"{TraceId}\"", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("b3", $"{TraceId}-b7ad6b7169203331-1", null, null, TraceId)]
    [InlineData("X-B3-TraceId", TraceId, "X-B3-SpanId", "b7ad6b7169203331", TraceId)]
    [InlineData("x-b3-traceid", "8448eb211c80319c", "x-b3-spanid", "b7ad6b7169203331", "00000000000000008448eb211c80319c")]
    [InlineData("traceparent", $"00-{TraceId}-b7ad6b7169203331-01", "b3", "11111111111111111111111111111111-b7ad6b7169203331-1", TraceId)]
    [InlineData("traceparent", "broken", "b3", $"{TraceId}-b7ad6b7169203331-1", TraceId)]
    [InlineData("b3", "broken", null, null, null)]
    [InlineData("X-B3-TraceId", "broken", "X-B3-SpanId", "b7ad6b7169203331", null)]
    public async Task The_trace_of_a_caller_that_speaks_B3_is_the_request_id_too(string first, string value, string? second, string? other, string? id)
    {
        await using var host = await PipelineHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/open");
        request.Headers.TryAddWithoutValidation(first, value);
        if (second is not null)
        {
            request.Headers.TryAddWithoutValidation(second, other);
        }

        using var response = await host.Anonymous.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var got = Assert.Single(response.Headers.GetValues("X-Request-Id"));
        Assert.Equal(id is null ? got : id, got);
        Assert.Matches("^[0-9a-f]{32}$", got);
    }

    [Fact]
    public async Task The_registry_does_not_name_the_gateway()
    {
        await using var host = await PipelineHost.StartAsync();

        using var response = await host.Anonymous.GetAsync("/oci", Cancellation);

        Assert.Empty(response.Headers.Server);
        Assert.True(response.Headers.Contains("X-Request-Id"));
    }

    [Fact]
    [Provokes("APIGW.0101", Status = 404)]
    public async Task An_unknown_path_is_unknown_with_and_without_credentials()
    {
        await using var host = await PipelineHost.StartAsync();

        using var anonymous = await host.Anonymous.GetAsync("/nothing", Cancellation);
        using var signed = await host.Signed.GetAsync("/nothing", Cancellation);

        await anonymous.ShouldFailAsync(404, "APIGW.0101");
        await signed.ShouldFailAsync(404, "APIGW.0101");
    }

    [Fact]
    [Provokes("APIGW.0101", Status = 404)]
    public async Task A_wrong_method_is_no_api_rather_than_405()
    {
        await using var host = await PipelineHost.StartAsync();

        using var response = await host.Anonymous.DeleteAsync("/who", Cancellation);

        var error = await response.ShouldFailAsync(404, "APIGW.0101");
        Assert.Contains("The API does not exist.", error.Body, StringComparison.Ordinal);
    }

    [Fact]
    [Provokes("APIGW.0601")]
    public async Task An_unforeseen_fault_keeps_the_gateways_headers_and_tells_nothing()
    {
        await using var host = await PipelineHost.StartAsync();

        using var response = await host.Anonymous.GetAsync("/fault", Cancellation);

        var error = await response.ShouldFailAsync(500, "APIGW.0601");
        Assert.DoesNotContain("never mind", error.Body, StringComparison.Ordinal);
        Assert.Null(response.Headers.ETag);
    }

    [Theory]
    [InlineData("/paths/a%2Fb")]
    [InlineData("/paths/../open")]
    [InlineData("/paths/%2e%2E/open")]
    [InlineData("/paths/a//b")]
    [InlineData("/paths/a%00b")]
    [InlineData("/paths/a\\b")]
    [InlineData("/paths/a%5Cb")]
    [InlineData("/paths/a%252Fb")]
    [InlineData("/paths/%zz")]
    [InlineData("/v2/manage/..%2Fopen")]
    [InlineData("/v2/%6Danage/a%2Fb")]
    public async Task A_path_with_two_readings_is_refused(string path)
    {
        await using var host = await PipelineHost.StartAsync();

        var response = await host.SendRawAsync($"GET {path} HTTP/1.1\nHost: x\nConnection: close\n\n");

        Assert.StartsWith("HTTP/1.1 400 ", response, StringComparison.Ordinal);
    }

    [Fact]
    [Provokes("APIGW.0201", Status = 400)]
    public async Task A_bad_escape_is_an_api_request_error()
    {
        await using var host = await PipelineHost.StartAsync();

        using var response = await host.Anonymous.GetAsync("/open?name=%FF", Cancellation);

        var error = await response.ShouldFailAsync(400, "APIGW.0201");
        Assert.Contains("API request error: ", error.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v2/manage/namespaces/a/repos/b%2Fc/tags")]
    [InlineData("/v2/manage/namespaces/a/repos/b$c/tags")]
    public async Task Repository_names_may_hold_an_encoded_slash(string path)
    {
        await using var host = await PipelineHost.StartAsync();

        var response = await host.SendRawAsync($"GET {path} HTTP/1.1\nHost: x\nConnection: close\n\n");

        Assert.Contains($"\r\n{path}", response, StringComparison.Ordinal);
    }

    [Fact]
    [Provokes("APIGW.0201", Status = 414)]
    public async Task The_request_line_may_have_32_KiB()
    {
        await using var host = await PipelineHost.StartAsync();
        const int Around = 14; // "GET " and " HTTP/1.1" and the slash
        var longest = new string('a', (32 * 1024) - Around);

        using var fits = await host.Anonymous.GetAsync("/" + longest, Cancellation);
        using var tooLong = await host.Anonymous.GetAsync("/" + longest + "a", Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, fits.StatusCode);
        await tooLong.ShouldFailAsync(414, "APIGW.0201");
    }

    [Fact]
    [Provokes("APIGW.0201", Status = 494)]
    public async Task A_header_may_have_32_KiB()
    {
        await using var host = await PipelineHost.StartAsync();
        var longest = new string('a', (32 * 1024) - "X-Long: ".Length);

        using var fits = await SendAsync(host, ("X-Long", longest));
        using var tooLong = await SendAsync(host, ("X-Long", longest + "a"));

        Assert.Equal(HttpStatusCode.OK, fits.StatusCode);
        await tooLong.ShouldFailAsync(494, "APIGW.0201");
    }

    [Fact]
    [Provokes("APIGW.0201", Status = 494)]
    public async Task All_headers_may_have_128_KiB()
    {
        await using var host = await PipelineHost.StartAsync();
        var quarter = new string('a', 30 * 1024);

        using var fits = await SendAsync(host, [.. Enumerable.Range(0, 4).Select(i => ($"X-Long-{i}", quarter))]);
        using var tooLong = await SendAsync(host, [.. Enumerable.Range(0, 5).Select(i => ($"X-Long-{i}", quarter))]);

        Assert.Equal(HttpStatusCode.OK, fits.StatusCode);
        await tooLong.ShouldFailAsync(494, "APIGW.0201");
    }

    [Theory]
    [InlineData("X-Auth-Token: a\nX-Auth-Token: a")]
    [InlineData("Authorization: a\nAuthorization: b")]
    [InlineData("X-Sdk-Date: a\nx-sdk-date: b")]
    [InlineData("X-Project-Id: a\nX-Project-Id: b")]
    [InlineData("X-Domain-Id: a\nX-Domain-Id: b")]
    [InlineData("X-Security-Token: a\nX-Security-Token: b")]
    [Provokes("APIGW.0602")]
    public async Task A_header_that_decides_stands_once(string headers)
    {
        await using var host = await PipelineHost.StartAsync();

        var response = await host.SendRawAsync($"GET /open HTTP/1.1\nHost: x\n{headers}\nConnection: close\n\n");

        Assert.StartsWith("HTTP/1.1 400 ", response, StringComparison.Ordinal);
        Assert.Contains("APIGW.0602", response, StringComparison.Ordinal);
    }

    // The server refuses these before any code of ours runs, so without a body, and closes.
    [Theory]
    [InlineData("GET /open HTTP/1.1\nHost: x\nHost: y\n\n")]
    [InlineData("GET /open HTTP/1.1\nConnection: close\n\n")]
    [InlineData("POST /echo HTTP/1.1\nHost: x\nContent-Length: 3\nContent-Length: 4\n\nabc")]
    [InlineData("POST /echo HTTP/1.1\nHost: x\nTransfer-Encoding: gzip\n\n")]
    [InlineData("GET /open HTTP/1.1\nHost: x\nX-A: b\n c\n\n")]
    [InlineData("GET /open HTTP/1.1\nHost : x\n\n")]
    public async Task What_two_parsers_could_read_differently_is_refused(string request)
    {
        await using var host = await PipelineHost.StartAsync();

        var response = await host.SendRawAsync(request);

        Assert.StartsWith("HTTP/1.1 400 ", response, StringComparison.Ordinal);
        Assert.DoesNotContain("APIGW", response, StringComparison.Ordinal);
    }

    [Fact]
    [Provokes("APIGW.0602")]
    public async Task A_body_of_two_lengths_is_refused_and_the_connection_closed()
    {
        await using var host = await PipelineHost.StartAsync();

        var response = await host.SendRawAsync(
            "POST /echo HTTP/1.1\nHost: x\nContent-Length: 3\nTransfer-Encoding: chunked\n\n0\n\nGET /open HTTP/1.1\nHost: x\n\n");

        Assert.StartsWith("HTTP/1.1 400 ", response, StringComparison.Ordinal);
        Assert.Contains("APIGW.0602", response, StringComparison.Ordinal);
        Assert.Equal(1, response.Split("HTTP/1.1 ").Length - 1);
    }

    [Fact]
    [Provokes("APIGW.0607")]
    public async Task Plain_http_is_refused_where_https_is_required()
    {
        await using var host = await PipelineHost.StartAsync(("Gateway:RequireHttps", "true"), ("Gateway:TrustedProxies:0", "127.0.0.0/8"));

        using var plain = await host.Anonymous.GetAsync("/open", Cancellation);
        using var proxied = await SendAsync(host, ("X-Forwarded-Proto", "https"));

        var error = await plain.ShouldFailAsync(400, "APIGW.0607");
        Assert.Contains("The following protocol is supported: HTTPS", error.Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, proxied.StatusCode);
    }

    [Fact]
    public async Task Forged_addresses_are_not_believed()
    {
        await using var host = await PipelineHost.StartAsync();

        using var response = await SendAsync(host, ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Host", "evil.example"));

        Assert.StartsWith("127.0.0.1 http://127.0.0.1:", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> SendAsync(PipelineHost host, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/open");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await host.Anonymous.SendAsync(request, Cancellation);
    }
}
