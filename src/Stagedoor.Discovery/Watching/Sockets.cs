using System.Globalization;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Stagedoor.Http;

namespace Stagedoor.Discovery.Watching;

/// <summary>WebSockets as the registry's clients expect them.</summary>
internal sealed class Sockets(IOptions<DiscoveryOptions> options, TimeProvider clock)
{
    private const int MaxMessage = 64;
    private static readonly byte[] s_noText = [0xFF];
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan s_write = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_hangUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);

    /// <summary>The time between pings.</summary>
    public TimeSpan PingInterval { get; } = TimeSpan.FromSeconds(options.Value.WebSocketPingSeconds);

    /// <summary>Accepts the upgrade. A peer that does not answer pings for two minutes is taken for dead.</summary>
    /// <exception cref="ApiException">The request asks for no upgrade.</exception>
    public Task<WebSocket> AcceptAsync(HttpContext context) => context.WebSockets.IsWebSocketRequest
        ? context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = PingInterval, KeepAliveTimeout = s_silence })
        : throw DiscoveryError.Invalid("Upgrade", "this address takes WebSocket connections only");

    /// <summary>
    /// Looks for what a connection is about. What is not there is looked for again after a pause, before the peer hears of it: Go clients connect
    /// again at once, since their connection did succeed, and would do so without end; and it may be registered again meanwhile.
    /// </summary>
    public async Task<T?> FindAsync<T>(Func<ValueTask<T?>> find, CancellationToken cancellationToken)
        where T : class
    {
        if (await find() is { } found)
        {
            return found;
        }

        await Task.Delay(s_pause, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return cancellationToken.IsCancellationRequested ? null : await find();
    }

    /// <summary>Reads until the peer closes or breaks off, or sends more than such a peer has to say; what it says is ignored, whatever its type.</summary>
    public static async Task<SocketEnd> DrainAsync(WebSocket socket, CancellationToken cancellationToken)
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
                    return SocketEnd.Closed;
                }

                length += received.Count;
                if (length > MaxMessage)
                {
                    return SocketEnd.TooMuch;
                }

                length = received.EndOfMessage ? 0 : length;
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            return SocketEnd.Broken;
        }
    }

    /// <summary>Tells a peer that it has said too much, as the original does: not as if all were well.</summary>
    public Task RefuseAsync(WebSocket socket) =>
        CloseAsync(socket, WebSocketCloseStatus.MessageTooBig, string.Create(CultureInfo.InvariantCulture, $"messages have at most {MaxMessage} bytes"));

    /// <summary>Reads away what a refused peer still sends: a connection that ends with bytes unread is reset, and the reason is not heard.</summary>
    public async Task DiscardAsync(WebSocket socket)
    {
        using var patience = new CancellationTokenSource(s_write, clock);
        var buffer = new byte[4096];
        try
        {
            while (socket.State is WebSocketState.CloseSent)
            {
                await socket.ReceiveAsync(buffer.AsMemory(), patience.Token);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            socket.Abort();
        }
    }

    /// <summary>Sends a text frame; false when the peer does not take it in time.</summary>
    public async Task<bool> TrySendAsync(WebSocket socket, ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(s_write, clock);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, over.Token);
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

    /// <summary>
    /// Ends a connection so that every client comes back. One that is closed in good order, or whose plain connection is lost, is closed for good
    /// to java-chassis 3 and Spring Cloud Huawei; they connect again upon an error, and a text that is none is an error to every library.
    /// </summary>
    public async Task BreakOffAsync(WebSocket socket, Task draining)
    {
        // It has to be read before the connection goes; whoever reads it hangs up.
        if (await TrySendAsync(socket, s_noText, CancellationToken.None))
        {
            await draining.WaitAsync(s_hangUp, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Gives the peer time to answer a farewell, so that it is read before the connection goes.</summary>
    public async Task LingerAsync(WebSocket socket, Task draining)
    {
        if (socket.State is WebSocketState.CloseSent)
        {
            await draining.WaitAsync(s_write, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Closes with a code, if the peer still listens.</summary>
    public async Task CloseAsync(WebSocket socket, WebSocketCloseStatus status, string reason)
    {
        using var patience = new CancellationTokenSource(s_write, clock);
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

/// <summary>How the reading side of a connection ended.</summary>
internal enum SocketEnd
{
    /// <summary>It broke, or the server gave it up.</summary>
    Broken,

    /// <summary>The peer closed it in good order.</summary>
    Closed,

    /// <summary>The peer sent more than it may.</summary>
    TooMuch,
}
