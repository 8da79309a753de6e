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
