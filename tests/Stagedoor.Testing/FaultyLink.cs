using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Stagedoor.Testing;

/// <summary>
/// A port of this machine that leads to a server, as a network would: a test can cut it, let it refuse, swallow everything in silence, forget
/// single connections as a firewall does, or slow it down. <see cref="Mend"/> makes it good again.
/// </summary>
public sealed class FaultyLink : IAsyncDisposable
{
    private static readonly Task s_open = Task.CompletedTask;
    private readonly (string Host, int Port) _server;
    private readonly ConcurrentDictionary<Connection, Task> _connections = new();
    private readonly Lock _gate = new();
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;
    private TaskCompletionSource? _silence;
    private TimeSpan _delay;

    public FaultyLink(string host, int port)
    {
        _server = (host, port);
        Listen(0);
        Port = ((IPEndPoint)_listener!.LocalEndpoint).Port;
    }

    /// <summary>Where to connect to, at 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>How many connections are open.</summary>
    public int Count => _connections.Count;

    /// <summary>Closes every connection, and refuses new ones.</summary>
    public void Cut()
    {
        Refuse();
        foreach (var connection in _connections.Keys)
        {
            connection.Close();
        }
    }

    /// <summary>Refuses new connections; those that are open go on.</summary>
    public void Refuse()
    {
        lock (_gate)
        {
            _listener?.Dispose();
            _listener = null;
        }
    }

    /// <summary>Lets nothing through any more and closes nothing. New connections are taken and hear nothing. What was sent arrives after <see cref="Mend"/>.</summary>
    public void Silence()
    {
        lock (_gate)
        {
            _silence ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Connections that are open now never carry another byte, and neither end hears of it. New ones work.</summary>
    /// <param name="saying">Only those on which the client has sent this; all without it.</param>
    /// <returns>How many they were.</returns>
    public int Forget(string saying = "")
    {
        var forgotten = _connections.Keys.Where(c => c.HasSaid(saying)).ToList();
        forgotten.ForEach(static c => c.IsForgotten = true);
        return forgotten.Count;
    }

    /// <summary>Whatever is sent takes so much longer, in each direction.</summary>
    public void Slow(TimeSpan delay)
    {
        lock (_gate)
        {
            _delay = delay;
        }
    }

    /// <summary>Ends every fault but that of connections that were forgotten.</summary>
    public void Mend()
    {
        lock (_gate)
        {
            _delay = TimeSpan.Zero;
            _silence?.TrySetResult();
            _silence = null;
            if (_listener is null)
            {
                Listen(Port);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Cut();
        Mend();
        Cut();
        await _accepting;
        await Task.WhenAll(_connections.Values);
    }

    private void Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        _listener = listener;
        _accepting = Task.WhenAll(_accepting, AcceptAsync(listener));
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var connection = new Connection(await listener.AcceptTcpClientAsync());
                _connections[connection] = RelayAsync(connection);
                if (connection.IsOver)
                {
                    _connections.TryRemove(connection, out _);
                }

                // Whoever cut the link while this one was on its way has not seen it.
                if (!IsTaking(listener))
                {
                    connection.Close();
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // It refuses from now on.
        }
    }

    private bool IsTaking(TcpListener listener)
    {
        lock (_gate)
        {
            return _listener == listener;
        }
    }

    private async Task RelayAsync(Connection connection)
    {
        await Task.Yield();
        try
        {
            await PassAsync();
            await connection.Far.ConnectAsync(_server.Host, _server.Port);
            await Task.WhenAny(PumpAsync(connection, true), PumpAsync(connection, false));
        }
        catch (Exception e) when (IsEnd(e))
        {
            // The server refuses, or the test cut it.
        }
        finally
        {
            connection.Close();
            connection.IsOver = true;
            _connections.TryRemove(connection, out _);
        }
    }

    private async Task PumpAsync(Connection connection, bool isToServer)
    {
        var (from, to) = isToServer ? (connection.Near, connection.Far) : (connection.Far, connection.Near);
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer) is var length and > 0)
            {
                if (isToServer)
                {
                    connection.Said(buffer.AsSpan(0, length));
                }

                await PassAsync();
                if (!connection.IsForgotten)
                {
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, length));
                }
            }

            // The end is a message as well.
            await PassAsync();
            if (connection.IsForgotten)
            {
                await connection.Closed;
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            // Cut, or one of the two went away.
        }
    }

    private async Task PassAsync()
    {
        Task silence;
        TimeSpan delay;
        lock (_gate)
        {
            (silence, delay) = (_silence?.Task ?? s_open, _delay);
        }

        await silence;
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, TimeProvider.System);
        }
    }

    private static bool IsEnd(Exception e) => e is SocketException or IOException or ObjectDisposedException or InvalidOperationException;

    private sealed class Connection(TcpClient near)
    {
        private const int MaxKept = 256 * 1024;
        private readonly StringBuilder _said = new();
        private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TcpClient Near { get; } = near;

        public TcpClient Far { get; } = new();

        public Task Closed => _closed.Task;

        public volatile bool IsForgotten;

        public volatile bool IsOver;

        public void Said(ReadOnlySpan<byte> bytes)
        {
            lock (_said)
            {
                if (_said.Length < MaxKept)
                {
                    _said.Append(Encoding.Latin1.GetString(bytes));
                }
            }
        }

        public bool HasSaid(string text)
        {
            lock (_said)
            {
                return _said.ToString().Contains(text, StringComparison.Ordinal);
            }
        }

        public void Close()
        {
            Near.Dispose();
            Far.Dispose();
            _closed.TrySetResult();
        }
    }
}
