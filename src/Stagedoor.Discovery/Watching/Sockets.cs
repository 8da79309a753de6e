using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Stagedoor.Http;

namespace Stagedoor.Discovery.Watching;

/// <summary>WebSockets as the registry's clients expect them.</summary>
internal sealed class Sockets(IOptions<DiscoveryOptions> options)
{
    private const int MaxMessage = 64;
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan s_write = TimeSpan.FromSeconds(5);

    /// <summary>The time between pings.</summary>
    public TimeSpan PingInterval { get; } = TimeSpan.FromSeconds(options.Value.WebSocketPingSeconds);

    /// <summary>Accepts the upgrade. A peer that does not answer pings for two minutes is taken for dead.</summary>
    /// <exception cref="ApiException">The request asks for no upgrade.</exception>
    public Task<WebSocket> AcceptAsync(HttpContext context) => context.WebSockets.IsWebSocketRequest
        ? context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = PingInterval, KeepAliveTimeout = s_silence })
        : throw DiscoveryError.Invalid("Upgrade", "this address takes WebSocket connections only");

    /// <summary>Reads until the peer closes or breaks off, or sends more than such a peer has to say. Returns whether it closed in good order.</summary>
    public static async Task<bool> DrainAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxMessage + 1];
        var length = 0;
        try
        {
            while (true)
            {
                var received = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
                if (received.MessageType is WebSocketMessageType.Close)
                {
                    return true;
                }

                length += received.Count;
                if (length > MaxMessage)
                {
                    return true;
                }

                length = received.EndOfMessage ? 0 : length;
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Sends a text frame; false when the peer does not take it in time.</summary>
    public static async Task<bool> TrySendAsync(WebSocket socket, ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_write);
        try
        {
            await socket.SendAsync(text, WebSocketMessageType.Text, endOfMessage: true, patience.Token);
            return true;
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Gives the peer time to answer a farewell, so that it is read before the connection goes.</summary>
    public static async Task LingerAsync(WebSocket socket, Task draining)
    {
        if (socket.State is WebSocketState.CloseSent)
        {
            await draining.WaitAsync(s_write).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Closes with a code, if the peer still listens.</summary>
    public static async Task CloseAsync(WebSocket socket, WebSocketCloseStatus status, string reason)
    {
        using var patience = new CancellationTokenSource(s_write);
        try
        {
            await socket.CloseOutputAsync(status, reason, patience.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            socket.Abort();
        }
    }
}
