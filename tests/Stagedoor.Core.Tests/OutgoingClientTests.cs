using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Stagedoor.Core.Tests;

public sealed class OutgoingClientTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_that_the_server_has_closed_at_once_is_a_request_that_failed()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new OutgoingClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(new DnsEndPoint("localhost", ((IPEndPoint)listener.LocalEndpoint).Port), cancellationToken);
                using (var accepted = await listener.AcceptSocketAsync(cancellationToken))
                {
                    // It is reset, not ended.
                    accepted.LingerState = new(enable: true, seconds: 0);
                }

                // Reading would be told of it, and the socket would know that it is no longer connected.
                Assert.True(socket.Poll(TimeSpan.FromSeconds(30), SelectMode.SelectRead));
                return new NetworkStream(socket, ownsSocket: true);
            },
        });

        var fault = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri($"http://{listener.LocalEndpoint}/"), Cancellation));

        Assert.Equal(HttpRequestError.ConnectionError, fault.HttpRequestError);
    }

    [Theory]
    [InlineData(false, false, 0)]
    [InlineData(false, true, 1)]
    [InlineData(true, false, 1)]
    [InlineData(true, true, 1)]
    public async Task A_request_says_once_what_it_is_part_of(bool isRecorded, bool hasActivity, int expected)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
#pragma warning disable CA2025 // It is awaited below.
        var heard = HearAsync(listener);
#pragma warning restore CA2025
        using var activity = hasActivity ? new Activity("around").SetIdFormat(ActivityIdFormat.W3C).Start() : null;
        var recording = isRecorded ? new Recording(ActivityTraceId.CreateRandom(), default, TimeProvider.System) : null;
        Recording.Current = recording;
        using var client = new OutgoingClient();

        using var response = await client.GetAsync(new Uri($"http://{listener.LocalEndpoint}/"), Cancellation);

        var parents = (await heard).Split("\r\n").Where(static l => l.StartsWith("traceparent:", StringComparison.OrdinalIgnoreCase)).ToList();
        Assert.Equal(expected, parents.Count);
        if (recording is not null)
        {
            // The framework knows of another trace, where the server has begun one of its own.
            var step = Assert.Single(recording.End().Steps);
            Assert.Equal($"traceparent: 00-{recording.TraceId}-{step.SpanId}-00", parents.Single(), ignoreCase: true);
        }
    }

    private static async Task<string> HearAsync(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync(Cancellation);
        var stream = client.GetStream();
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer, Cancellation)));
        }

        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), Cancellation);
        return text.ToString();
    }
}
