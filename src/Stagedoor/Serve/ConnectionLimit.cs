using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Stagedoor.Serve;

/// <summary>
/// Accepts as many connections as the process has file descriptors for, upgraded ones included, and closes the others at once: out of descriptors
/// the process would end. It stands before the server's own accepting, so that there is never more than one connection too many.
/// </summary>
internal sealed partial class ConnectionLimit : IConnectionListenerFactory, IConnectionListenerFactorySelector, IWarnings
{
    // What is opened in the course of time without a connection: pools of the databases, uploads being collected, assemblies.
    private const int Reserve = 64;

    // A connection and the blob that it reads or writes.
    private const int DescriptorsEach = 2;

    // With less the server is of no use; it says so.
    private const int Least = 4;

    // With so few an assembly that is loaded late may not be; the runtime then never finds it again.
    private const int Scarce = 1_000;
    private static readonly TimeSpan s_remembered = TimeSpan.FromMinutes(5);

    private readonly SocketTransportFactory _sockets;
    private readonly ModulePorts _ports;
    private readonly int _setting;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private int _open;
    private long _refused;
    private long _lastRefusal = long.MinValue;

    public ConnectionLimit(
        SocketTransportFactory sockets,
        ModulePorts ports,
        IOptions<ServerOptions> options,
        TimeProvider clock,
        IMeterFactory meters,
        ILogger<ConnectionLimit> logger)
    {
        (_sockets, _ports, _setting, _clock, _logger) = (sockets, ports, options.Value.MaxConnections, clock, logger);
        Max = Choose(_setting, ProcessLimits.FindDescriptorLimit(), ProcessLimits.FindDescriptorCount());
#pragma warning disable CA2000 // The factory owns its meters.
        var meter = meters.Create("Stagedoor");
#pragma warning restore CA2000
        meter.CreateObservableGauge("stagedoor.connections.open", () => Volatile.Read(ref _open), "{connection}", "Open connections of all listeners.");
        meter.CreateObservableGauge("stagedoor.connections.max", () => Max, "{connection}", "Connections that may be open.");
        // Observed, so that it is 0 before the first refusal, which is no increase without.
        meter.CreateObservableCounter(
            "stagedoor.connections.refused", () => Interlocked.Read(ref _refused), "{connection}", "Connections closed at once because too many were open.");
    }

    /// <summary>How many connections may be open.</summary>
    internal int Max { get; private set; }

    public IReadOnlyList<string> Current => Volatile.Read(ref _lastRefusal) is var last && last != long.MinValue && _clock.GetElapsedTime(last) < s_remembered
        ? [string.Create(CultureInfo.InvariantCulture, $"Connections were refused: {Max} were open, the most that may be (Server:MaxConnections, LimitNOFILE).")]
        : [];

    public bool CanBind(EndPoint endpoint) => _sockets.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(this, await (endpoint is ModuleEndPoint port
            ? _ports.BindAsync(port, e => _sockets.BindAsync(e, cancellationToken))
            : _sockets.BindAsync(endpoint, cancellationToken)));

    /// <summary>The setting, as far as the descriptors reach; the most that they allow when there is none.</summary>
    internal static int Choose(int setting, long? descriptors, int? used)
    {
        if (descriptors is not { } all)
        {
            return setting == 0 ? int.MaxValue : setting;
        }

        var free = all - (used ?? 0);
        var most = (int)Math.Clamp((free - Math.Min(Reserve, free / 2)) / DescriptorsEach, Least, int.MaxValue);
        return setting == 0 ? most : Math.Min(setting, most);
    }

    /// <summary>
    /// Looks again how many descriptors are left, once the server listens. Where they are few it makes a first request, which loads what every
    /// request needs.
    /// </summary>
    internal async Task SettleAsync(string address, CancellationToken cancellationToken)
    {
        var limit = ProcessLimits.FindDescriptorLimit();
        if (limit - ProcessLimits.FindDescriptorCount() < Scarce && new Uri(address) is { Scheme: "http" } uri)
        {
            var host = IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) && !ip.Equals(IPAddress.Any) && !ip.Equals(IPAddress.IPv6Any) ? ip : IPAddress.Loopback;
            using var client = new TcpClient(host.AddressFamily);
            await client.ConnectAsync(host, uri.Port, cancellationToken);
            var stream = client.GetStream();
            await stream.WriteAsync("GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray(), cancellationToken);
            await stream.CopyToAsync(Stream.Null, cancellationToken);
        }

        Max = Choose(_setting, limit, ProcessLimits.FindDescriptorCount());
        if (limit - ProcessLimits.FindDescriptorCount() < Scarce)
        {
            LogScarce(limit!.Value, Max);
        }
    }

    private bool TryEnter(ConnectionContext connection)
    {
        if (Interlocked.Increment(ref _open) > Max)
        {
            Interlocked.Decrement(ref _open);
            return false;
        }

        connection.ConnectionClosed.UnsafeRegister(static limit => Interlocked.Decrement(ref ((ConnectionLimit)limit!)._open), this);
        return true;
    }

    private void NoteRefusal()
    {
        Interlocked.Increment(ref _refused);
        var now = _clock.GetTimestamp();
        var last = Interlocked.Exchange(ref _lastRefusal, now);
        if (last == long.MinValue || _clock.GetElapsedTime(last, now) > s_remembered)
        {
            LogRefused(Max);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Connections are refused: {Max} are open, the most that may be (Server:MaxConnections, LimitNOFILE)")]
    private partial void LogRefused(int max);

    [LoggerMessage(LogLevel.Warning, "The process may have {Descriptors} file descriptors only, which is enough for {Max} connections. Raise its limit (LimitNOFILE, ulimit -n)")]
    private partial void LogScarce(long descriptors, int max);

    private sealed class Listener(ConnectionLimit limit, IConnectionListener sockets) : IConnectionListener
    {
        public EndPoint EndPoint => sockets.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await sockets.AcceptAsync(cancellationToken) is { } connection)
            {
                if (limit.TryEnter(connection))
                {
                    return connection;
                }

                limit.NoteRefusal();
                connection.Abort(new ConnectionAbortedException("Too many connections are open."));
                await connection.DisposeAsync();
            }

            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => sockets.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => sockets.DisposeAsync();
    }
}
