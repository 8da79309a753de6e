using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Stagedoor.Background;

/// <summary>
/// The base of everything that runs by itself. A round that fails, whatever its fault, is logged and tried again after a pause that grows; it
/// never ends the process, and the work never ends silently. There is no other background service in the product (a test looks).
/// </summary>
/// <param name="clock">Measures the pauses.</param>
/// <param name="logger">Hears of rounds that failed.</param>
public abstract partial class UpkeepService(TimeProvider clock, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan s_shortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(1);

    protected TimeProvider Clock { get; } = clock;

    /// <summary>The pause between two rounds; zero for work that waits for something by itself.</summary>
    protected abstract TimeSpan Period { get; }

    /// <summary>The pause before the first round.</summary>
    protected virtual TimeSpan FirstPause => Period;

    /// <summary>Waits for the rounds to end, then lets <see cref="FinishAsync"/> hand over what they left.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await FinishAsync(cancellationToken);
        }
#pragma warning disable CA1031 // The services behind this one have to be stopped in order too, whatever its fault was.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogNotFinished(e, GetType().Name);
        }
    }

    /// <summary>Does the work once. Never runs twice at a time.</summary>
    /// <param name="stoppingToken">The process stops.</param>
    protected abstract Task RunOnceAsync(CancellationToken stoppingToken);

    /// <summary>Writes what must not be lost in an orderly stop. No round runs any more, unless the time for stopping is over.</summary>
    protected virtual Task FinishAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await PauseAsync(FirstPause, stoppingToken);
        for (var failures = 0; !stoppingToken.IsCancellationRequested;)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
                failures = 0;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // One odd record or fault must end neither the process nor this work.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failures++;
                LogFailed(e, GetType().Name, failures);
            }

            await PauseAsync(failures == 0 ? Period : AfterFailure(failures), stoppingToken);
        }
    }

    // The work's own pause when that is longer.
    private TimeSpan AfterFailure(int failures)
    {
        var pause = TimeSpan.FromTicks(Math.Min(s_longestPause.Ticks, s_shortestPause.Ticks << Math.Min(failures - 1, 10)));
        return pause > Period ? pause : Period;
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken stoppingToken)
    {
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, Clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(LogLevel.Error, "{Work} failed ({Failures} times in a row) and is tried again")]
    private partial void LogFailed(Exception exception, string work, int failures);

    [LoggerMessage(LogLevel.Error, "{Work} could not be finished before the stop")]
    private partial void LogNotFinished(Exception exception, string work);
}
