using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Stagedoor.Storage.S3.Tests;

/// <summary>A port that leads to the server, and can be cut, so that a test sees a server go away and come back.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private static readonly byte[] s_notImplemented = Encoding.ASCII.GetBytes(
        "HTTP/1.1 501 Not Implemented\r\nContent-Type: application/xml\r\nContent-Length: 47\r\n\r\n<Error><Code>NotImplemented</Code></Error>     ");

    private readonly Uri _server;
    private readonly ConcurrentDictionary<TcpClient, bool> _open = new();
    private TcpListener _listener = new(IPAddress.Loopback, 0);
    private Task _accepting;
    private int _refused;

    internal Relay(Uri server)
    {
        _server = server;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(_listener);
    }

    internal int Port { get; }

    /// <summary>Answers requests to copy an object as a server does that has no such operation.</summary>
    internal bool RefusesCopies { get; set; }

    /// <summary>How many it has refused.</summary>
    internal int Refused => _refused;

    internal async Task CutAsync()
    {
        _listener.Stop();
        await _accepting;
        foreach (var each in _open.Keys)
        {
            each.Dispose();
        }
    }

    internal void Mend()
    {
        _listener = new(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync(_listener);
    }

    public async ValueTask DisposeAsync()
    {
        await CutAsync();
        _listener.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        var relayed = new List<Task>();
        try
        {
            while (true)
            {
                relayed.Add(RelayAsync(await listener.AcceptTcpClientAsync()));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    private async Task RelayAsync(TcpClient near)
    {
        using var far = new TcpClient();
        _open[near] = _open[far] = true;
        try
        {
            await far.ConnectAsync(_server.Host, _server.Port);
            await Task.WhenAny(AskAsync(near.GetStream(), far.GetStream()), far.GetStream().CopyToAsync(near.GetStream()));
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut, or one of the two went away.
        }
        finally
        {
            near.Dispose();
            _open.TryRemove(near, out _);
            _open.TryRemove(far, out _);
        }
    }

    // Requests come one after the other, and one to copy is a head alone, which is sent at once.
    private async Task AskAsync(NetworkStream near, NetworkStream far)
    {
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await near.ReadAsync(buffer)) > 0)
        {
            if (RefusesCopies && buffer.AsSpan(0, read).IndexOf("x-amz-copy-source:"u8) >= 0)
            {
                Interlocked.Increment(ref _refused);
                await near.WriteAsync(s_notImplemented);
                continue;
            }

            await far.WriteAsync(buffer.AsMemory(0, read));
        }
    }
}
