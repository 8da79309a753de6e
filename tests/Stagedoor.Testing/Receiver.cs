using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Stagedoor.Testing;

/// <summary>Takes HTTP requests on a loopback port and answers them as a test says, byte by byte.</summary>
public sealed class Receiver : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _ended = new();
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _serving;
    private Socket? _filler;

    public Receiver()
        : this(IPAddress.Loopback)
    {
    }

    /// <summary>One to which connections cannot be made yet, and are not refused either, until it is opened.</summary>
    public static Receiver Unreachable() => new(IPAddress.Loopback, isOpen: false);

    /// <param name="address">Where it listens; at the IPv6 address for all, at those of IPv4 too.</param>
    public Receiver(IPAddress address)
        : this(address, isOpen: true)
    {
    }

    private Receiver(IPAddress address, bool isOpen)
    {
        _listener = new(address, 0);
        if (address.Equals(IPAddress.IPv6Any))
        {
            _listener.Server.DualMode = true;
        }

        if (isOpen)
        {
            _listener.Start();
            Open();
        }
        else
        {
            // What comes after the one that waits to be taken is not answered by the system.
            _listener.Start(0);
            _filler = new(SocketType.Stream, ProtocolType.Tcp);
            _filler.Connect(_listener.LocalEndpoint);
        }

        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Url => $"http://127.0.0.1:{Port}/hook";

    public ConcurrentQueue<Received> Received { get; } = [];

    /// <summary>What the number-th request is answered with; null closes the connection, "" never answers.</summary>
    public Func<int, string?> Answer { get; set; } = static _ => "HTTP/1.1 204 No Content\r\n\r\n";

    /// <summary>From now on connections are taken.</summary>
    public void Open()
    {
        _filler?.Dispose();
        _filler = null;
        _open.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        _filler?.Dispose();
        await _ended.CancelAsync();
        _listener.Dispose();
        await _serving;
        _ended.Dispose();
    }

    private async Task ServeAsync()
    {
        var open = new List<Task>();
        try
        {
            await _open.Task.WaitAsync(_ended.Token);
            while (true)
            {
                open.Add(ServeOneAsync(await _listener.AcceptTcpClientAsync(_ended.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task ServeOneAsync(TcpClient client)
    {
        using var mine = client;
        try
        {
            await using var stream = client.GetStream();
            var text = new StringBuilder();
            var buffer = new byte[64 * 1024];
            while (!IsWhole(text.ToString()))
            {
                var read = await stream.ReadAsync(buffer, _ended.Token);
                if (read == 0)
                {
                    return;
                }

                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }

            Received.Enqueue(new(text.ToString()));
            switch (Answer(Received.Count))
            {
                case null:
                    return;
                case "":
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _ended.Token);
                    return;
                case { } answer:
                    // Said, or the next request could be sent on a connection that is about to be closed.
                    await stream.WriteAsync(Encoding.Latin1.GetBytes(answer.Insert(answer.IndexOf('\n', StringComparison.Ordinal) + 1, "Connection: close\r\n")), _ended.Token);
                    return;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The other side went, or the test has ended.
        }
    }

    private static bool IsWhole(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return end >= 0 && text.Length >= end + 4 + int.Parse(new Received(text).Header("Content-Length"), System.Globalization.CultureInfo.InvariantCulture);
    }
}

/// <summary>A request as it came.</summary>
public sealed record Received(string Text)
{
#pragma warning disable CA1819 // Bytes of a test, which nobody changes.
    public byte[] Body => Encoding.Latin1.GetBytes(Text[(Text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
#pragma warning restore CA1819

    public string Header(string name) => Text.Split("\r\n").TakeWhile(static l => l.Length > 0)
        .Single(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))[(name.Length + 1)..].Trim();
}
