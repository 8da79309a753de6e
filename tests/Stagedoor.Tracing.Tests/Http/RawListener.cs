using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>A port that keeps what it hears, to the byte, and answers always the same; or never anything.</summary>
internal sealed class RawListener : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<string> _heard = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly byte[]? _answer;
    private readonly Func<Task> _pause;
    private readonly Task _accepting;

    /// <param name="answer">What each request is answered with; null for nothing, while its connection stays open.</param>
    /// <param name="pause">What an answer waits for; null for nothing.</param>
    public RawListener(string? answer, Func<Task>? pause = null)
    {
        (_answer, _pause) = (answer is null ? null : Encoding.ASCII.GetBytes(answer), pause ?? (static () => Task.CompletedTask));
        _listener.Start();
        Url = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/";
        _accepting = AcceptAsync();
    }

    public string Url { get; }

    /// <summary>The heads of the requests that came.</summary>
    public IReadOnlyList<string> Heard => [.. _heard];

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await Task.WhenAll([_accepting, .. _connections]);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var text = new StringBuilder();
                var buffer = new byte[16 * 1024];
                while (!text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
                {
                    var read = await stream.ReadAsync(buffer, _end.Token);
                    if (read == 0)
                    {
                        return;
                    }

                    text.Append(Encoding.Latin1.GetString(buffer, 0, read));
                }

                _heard.Enqueue(text.ToString());
                if (_answer is null)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _end.Token);
                }

                await _pause();
                await stream.WriteAsync(_answer!, _end.Token);

                // Until the other side has read it, and closes.
                while (await stream.ReadAsync(buffer, _end.Token) > 0)
                {
                }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // It is over.
            }
        }
    }
}
