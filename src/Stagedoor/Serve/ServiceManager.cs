using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Stagedoor.Serve;

/// <summary>
/// Tells the service manager that started this process how it fares, as sd_notify(3) has it: <c>Type=notify</c> and <c>WatchdogSec=</c> of systemd.
/// Says nothing where none asked (<c>NOTIFY_SOCKET</c>).
/// </summary>
internal sealed partial class ServiceManager(ServeSettings settings, TimeProvider clock, ILogger<ServiceManager> logger) : IDisposable
{
    private const int SendPatienceMilliseconds = 5_000;

    // A preparation that goes on for longer hangs: then the manager's own limit holds, and it starts the process anew.
    private const int MostExtensions = 360;
    private static readonly TimeSpan s_extendEvery = TimeSpan.FromSeconds(10);

    private readonly string? _socket = SocketOf(settings);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration _stopping;

    /// <summary>Completes when the process serves.</summary>
    internal Task Serving => _ready.Task;

    /// <summary>Within which time the manager wants to hear again that all is well; null when it does not ask, or asks another process.</summary>
    internal TimeSpan? Watchdog { get; } = WatchdogOf(settings.Variables);

    /// <summary>Awaits what has to be done before the process can serve, and has the manager wait as well.</summary>
    internal async Task<T> WhileAsync<T>(Task<T> preparation, CancellationToken cancellationToken)
    {
        if (_socket is not null)
        {
            using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            for (var round = 0; round < MostExtensions && !preparation.IsCompleted && !done.IsCancellationRequested; round++)
            {
                var extension = (long)(3 * s_extendEvery).TotalMicroseconds;
                Tell(string.Create(CultureInfo.InvariantCulture, $"EXTEND_TIMEOUT_USEC={extension}\nSTATUS=Opening and migrating databases"));
                await Task.WhenAny(preparation, Task.Delay(s_extendEvery, clock, done.Token));
            }

            await done.CancelAsync();
        }

        return await preparation;
    }

    /// <summary>The process serves from now on, until the host is told to stop.</summary>
    internal void Ready(string url, IHostApplicationLifetime lifetime)
    {
        _stopping = lifetime.ApplicationStopping.Register(() => Tell("STOPPING=1\nSTATUS=Finishing the requests that run"));
        Tell($"READY=1\nSTATUS=Serving at {url}");
        _ready.TrySetResult();
    }

    /// <summary>The process cannot start.</summary>
    internal static void Fail(ServeSettings settings, string problem)
    {
        if (SocketOf(settings) is { } socket)
        {
            // It is told on standard error as well; whether the manager heard it changes nothing any more.
            _ = Send(socket, $"STATUS={problem.ReplaceLineEndings(" ")}");
        }
    }

    /// <summary>The process is alive and answers.</summary>
    internal void Answers() => Tell("WATCHDOG=1");

    public void Dispose() => _stopping.Dispose();

    internal static TimeSpan? WatchdogOf(IReadOnlyDictionary<string, string> variables) =>
        long.TryParse(variables.GetValueOrDefault("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
        && variables.ContainsKey("NOTIFY_SOCKET")
        && (variables.GetValueOrDefault("WATCHDOG_PID") is not { Length: > 0 } process || string.Equals(process, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))
            ? TimeSpan.FromMicroseconds(microseconds)
            : null;

    private static string? SocketOf(ServeSettings settings) => settings.Variables.GetValueOrDefault("NOTIFY_SOCKET") is { Length: > 1 } name ? name : null;

    private void Tell(string message)
    {
        if (_socket is not null && Send(_socket, message) is { } problem)
        {
            LogUnheard(_socket, problem);
        }
    }

    // Why it was not heard; null when it was.
    private static string? Send(string name, string message)
    {
        try
        {
            // A name that begins with @ is of no file; the system wants a NUL there.
            var address = new UnixDomainSocketEndPoint(name[0] is '@' ? $"\0{name[1..]}" : name);
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = SendPatienceMilliseconds };
            socket.SendTo(Encoding.UTF8.GetBytes(message), address);
            return null;
        }
        catch (Exception e) when (e is SocketException or ArgumentException or PlatformNotSupportedException)
        {
            return e.Message;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The service manager is not told how the process fares: NOTIFY_SOCKET is {Socket}: {Problem}")]
    private partial void LogUnheard(string socket, string problem);
}
