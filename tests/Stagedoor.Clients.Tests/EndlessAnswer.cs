using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Stagedoor.Clients.Tests;

/// <summary>A server that answers everybody with a head and then without end, for as long as somebody reads.</summary>
internal sealed class EndlessAnswer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly byte[] _head;

    internal EndlessAnswer(string head)
    {
        _head = Encoding.ASCII.GetBytes(head);
        _listener.Start();
        _ = ServeAsync();
    }

    internal string Url => $"http://{_listener.LocalEndpoint}";

    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
        _listener.Dispose();
    }

    private async Task ServeAsync()
    {
        var end = _end.Token;
        while (!end.IsCancellationRequested)
        {
            try
            {
                using var connection = await _listener.AcceptTcpClientAsync(end);
                await using var stream = connection.GetStream();
                await stream.WriteAsync(_head, end);
                var spaces = new byte[1 << 16];
                spaces.AsSpan().Fill((byte)' ');
                while (true)
                {
                    await stream.WriteAsync(spaces, end);
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // The one has read enough; another may come.
            }
        }
    }
}
