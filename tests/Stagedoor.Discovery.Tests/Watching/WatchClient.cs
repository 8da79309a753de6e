using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Stagedoor.Discovery.Tests.Watching;

/// <summary>The other end of a WebSocket of the registry.</summary>
internal sealed class WatchClient : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);
    private readonly ClientWebSocket _socket = new();

    public WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    public static async Task<WatchClient> ConnectAsync(Engine engine, string path)
    {
        var client = new WatchClient();
        await client._socket.ConnectAsync(new(engine.App.Url.Replace("http:", "ws:", StringComparison.Ordinal) + Engine.Base + path), Engine.Cancellation);
        return client;
    }

    public Task SendAsync(string text, WebSocketMessageType type = WebSocketMessageType.Text) =>
        _socket.SendAsync(Encoding.UTF8.GetBytes(text), type, true, Engine.Cancellation);

    /// <summary>The next text frame; null when the server closed.</summary>
    public async Task<string?> ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Engine.Cancellation);
        patience.CancelAfter(s_patience);
        var length = 0;
        while (true)
        {
            var received = await _socket.ReceiveAsync(buffer.AsMemory(length), patience.Token);
            if (received.MessageType is WebSocketMessageType.Close)
            {
                return null;
            }

            length += received.Count;
            if (received.EndOfMessage)
            {
                return Encoding.UTF8.GetString(buffer, 0, length);
            }
        }
    }

    public async Task<(string Action, JsonElement Event)> ReadEventAsync()
    {
        var frame = await ReadAsync();
        Assert.NotNull(frame);
        var body = JsonDocument.Parse(frame).RootElement;
        return (body.GetProperty("action").GetString()!, body);
    }

    /// <summary>Breaks the connection without a farewell.</summary>
    public void Kill() => _socket.Abort();

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
