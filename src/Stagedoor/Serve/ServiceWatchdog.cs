using System.Net;
using System.Net.Sockets;
using Stagedoor.Background;
using Stagedoor.Http;

namespace Stagedoor.Serve;

/// <summary>
/// Tells the service manager that the process answers, as often as it wants to hear it. What is asked is the process alone, through its own port: one
/// whose database is away says so in <c>/readyz</c>, and would not be well sooner if it were started anew.
/// </summary>
internal sealed partial class ServiceWatchdog(ServiceManager manager, BoundListeners listeners, TimeProvider clock, ILogger<ServiceWatchdog> logger)
    : UpkeepService(clock, logger)
{
    private static readonly byte[] s_question = "HEAD /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray();
    private readonly ILogger _logger = logger;

    // An answer may take as long as the pause before the question; the manager has heard it in time all the same.
    protected override TimeSpan Period => (manager.Watchdog ?? TimeSpan.Zero) / 3;

    protected override TimeSpan FirstPause => TimeSpan.Zero;

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        if (manager.Watchdog is null)
        {
            // Nobody wants to hear anything.
            await Task.Delay(Timeout.InfiniteTimeSpan, Clock, stoppingToken);
        }

        await manager.Serving.WaitAsync(stoppingToken);
        var address = AddressOf(listeners.Main[0]);
        if (await AnswersAsync(address, Period, Clock, stoppingToken))
        {
            manager.Answers();
        }
        else
        {
            LogSilence(address, Period.TotalSeconds);
        }
    }

    /// <summary>
    /// Whether somebody at the address reacts. Any word will do, also that of an https port, and a connection that is closed at once: that is how
    /// one is refused when there are too many.
    /// </summary>
    internal static async Task<bool> AnswersAsync(IPEndPoint address, TimeSpan patience, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(patience, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address, end.Token);
            await socket.SendAsync(s_question, end.Token);
            await socket.ReceiveAsync(new byte[1], end.Token);
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown)
        {
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static IPEndPoint AddressOf(string url)
    {
        var uri = new Uri(Listeners.Reachable(url));
        return new(Listeners.AddressesOf(uri.Host)[0], uri.Port);
    }

    [LoggerMessage(LogLevel.Error, "This process does not answer at {Address} within {Seconds} s; the service manager starts it anew when that goes on")]
    private partial void LogSilence(IPEndPoint address, double seconds);
}
