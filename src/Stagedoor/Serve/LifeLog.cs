using Stagedoor.Http;

namespace Stagedoor.Serve;

/// <summary>Says in the log when the process starts, is ready, begins to stop and has stopped.</summary>
internal sealed partial class LifeLog(BoundListeners listeners, DataDirectory data, IConfiguration configuration, TimeProvider clock, ILoggerFactory loggers)
    : IHostedLifecycleService
{
    private readonly ILogger _logger = loggers.CreateLogger("Stagedoor.Process");
    private long _started;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _started = clock.GetTimestamp();
        LogStarting(
            Build.Version, Build.Commit, Environment.ProcessId, data.Root, configuration["Storage:Database"] ?? "sqlite", configuration["Storage:Blobs"] ?? "files");
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        LogReady(string.Join(' ', [.. listeners.Main, .. listeners.Others.Select(static o => $"{o.Address} ({o.Listener.Title})")]));
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        LogStopping();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        LogStopped((long)clock.GetElapsedTime(_started).TotalSeconds);
        return Task.CompletedTask;
    }

    [LoggerMessage(LogLevel.Information, "Stagedoor {Version} ({Commit}) starts as process {Process}: data in {Data}, database {Database}, blobs {Blobs}")]
    private partial void LogStarting(string version, string commit, int process, string data, string database, string blobs);

    [LoggerMessage(LogLevel.Information, "Ready on {Addresses}")]
    private partial void LogReady(string addresses);

    [LoggerMessage(LogLevel.Information, "Stopping: no new requests, those that run are finished")]
    private partial void LogStopping();

    [LoggerMessage(LogLevel.Information, "Stopped after {Seconds} s")]
    private partial void LogStopped(long seconds);
}
