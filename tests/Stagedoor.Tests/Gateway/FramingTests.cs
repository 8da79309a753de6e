using System.Net.Sockets;
using System.Text;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Gateway;

/// <summary>A request that another server could read otherwise is refused, and its connection ends.</summary>
public sealed class FramingTests : IAsyncLifetime
{
    private StagedoorApp _app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await StagedoorApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Theory]
    [InlineData("GET /version HTTP/1.1\nHost: x\n\n")]
    [InlineData("GET /version HTTP/1.1\r\nHost: x\n\r\n")]
    [InlineData("GET /version HTTP/1.1\r\nHost: x\r\nA: b\nC: d\r\n\r\n")]
    [InlineData("POST /v4/token HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\n{}")]
    [InlineData("POST /v4/token HTTP/1.1\r\nHost: x\r\nContent-Length: 2, 2\r\n\r\n{}")]
    [InlineData("POST /v4/token HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("POST /v4/token HTTP/1.1\r\nHost: x\r\nContent-Length: 0x2\r\n\r\n{}")]
    [InlineData("POST /v4/token HTTP/1.1\r\nHost: x\r\nContent-Length: 2 2\r\n\r\n{}")]
    [InlineData("POST /v4/token HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v4/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v4/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v4/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v4/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v4/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v4/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: , chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v2/org/app/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v4/token HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v4/token HTTP/1.1\r\nHost: x\r\nContent-Length : 2\r\n\r\n{}")]
    [InlineData("GET /version HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n")]
    [InlineData("GET /version HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")]
    [InlineData("GET /version HTTP/1.1\r\n\r\n")]
    public async Task It_is_400_and_the_end(string request)
    {
        var answer = await SendAsync(request);

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Matches("X-Request-Id: [0-9a-f]{32}\r\n", answer);
        Assert.Matches("X-Stagedoor-Error-Code: APIGW\\.0[26]0[12]\r\n", answer);
        Assert.Matches("\"request_id\":\"[0-9a-f]{32}\"|\"errors\":\\[", answer);
        Assert.Equal(0, answer.AsSpan(5).IndexOf("HTTP/1.1", StringComparison.Ordinal) + 1);
    }

    [Theory]
    [InlineData("GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n", "APIGW.0201")]
    [InlineData("GET /version HTTP/1.1\r\nHost: x\r\nX-A: \u00e9\r\n\r\n", "APIGW.0201")]
    [InlineData("GET /version HTTP/1.1\r\n\r\n", "APIGW.0602")]
    [InlineData("GET /version HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "APIGW.0602")]
    [InlineData("nonsense\r\n\r\n", "APIGW.0201")]
    public async Task The_servers_own_refusals_have_a_code_and_their_id_is_in_the_log(string request, string code)
    {
        var answer = await SendAsync(request);

        Assert.Contains($"\"error_code\":\"{code}\"", answer, StringComparison.Ordinal);
        var line = Assert.Single(_app.Log.Lines, l => l.Category is "Stagedoor.Requests" && l.Message.Contains(code, StringComparison.Ordinal));
        Assert.Contains(" 400 ", line.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(40)]
    [InlineData(64)]
    public async Task A_length_of_more_digits_than_a_number_has_is_400(int digits)
    {
        var answer = await SendAsync($"POST /v4/token HTTP/1.1\r\nHost: x\r\nContent-Length: {"2".PadLeft(digits, '0')}\r\n\r\n{{}}");

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\"error_code\":\"APIGW.0602\"", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip, chunked")]
    [InlineData("chunked, chunked")]
    public async Task A_coding_beside_chunked_is_0602(string coding)
    {
        var answer = await SendAsync($"POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {coding}\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"error_code\":\"APIGW.0602\"", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST /v4/default/registry/microservices", "400001")]
    [InlineData("PUT /v4/default/registry/heartbeats", "400001")]
    [InlineData("POST /v2/default/csemonitor/metric?service=orders", null)]
    [InlineData("POST /v3/auth/tokens", null)]
    [InlineData("POST /v2/manage/namespaces", null)]
    [InlineData("POST /v2/org/app/blobs/uploads/", null)]
    [InlineData("PUT /v2/org/app/manifests/latest", null)]
    public async Task A_chunk_of_more_bytes_than_a_number_counts_is_the_operations_400(string target, string? code)
    {
        var answer = await SendAsync(
            $"{target} HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: {await _app.NewTokenAsync()}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{{}}\r\n0\r\n\r\n");

        Assert.True(answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal), answer);
        Assert.Contains(code ?? "", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(_app.Log.Lines, static l => l.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
    }

    [Theory]
    [InlineData("chunked")]
    [InlineData("Chunked")]
    [InlineData("  CHUNKED\t")]
    public async Task Chunks_alone_are_understood(string coding)
    {
        var answer = await SendAsync(
            $"POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: {coding}\r\nConnection: close\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n");

        Assert.Contains("auth.identity is missing", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Below_the_registry_they_have_its_shape()
    {
        var answer = await SendAsync("GET /v2/org/app/tags/list HTTP/1.1\r\nHost: x\r\nX-A: \u00e9\r\n\r\n");

        Assert.Contains("{\"errors\":[{\"code\":\"UNSUPPORTED\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_follows_a_good_request_on_its_connection_is_refused_after_its_answer()
    {
        var answer = await SendAsync("GET /version HTTP/1.1\r\nHost: x\r\n\r\nGET /version HTTP/1.1\r\n\r\n");

        var second = answer.LastIndexOf("HTTP/1.1 400", StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains("APIGW.0602", answer[second..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plain_length_is_understood()
    {
        var answer = await SendAsync("POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");

        Assert.Contains("auth.identity is missing", answer, StringComparison.Ordinal);
    }

    // Reads until the server closes: that it does is a part of what is tested.
    private async Task<string> SendAsync(string request)
    {
        var uri = new Uri(_app.Url);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(uri.Host, uri.Port, Cancellation);
        await using var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), Cancellation);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        using var received = new MemoryStream();
        try
        {
            await stream.CopyToAsync(received, patience.Token);
        }
        catch (IOException)
        {
            // The server cut the connection after its answer.
        }

        return Encoding.UTF8.GetString(received.ToArray());
    }
}
