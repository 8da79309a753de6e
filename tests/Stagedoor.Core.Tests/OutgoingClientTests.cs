using System.Net;
using System.Net.Sockets;
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
}
