using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Stagedoor.Storage;

namespace Stagedoor.Background.Jobs;

/// <summary>
/// Claims the jobs of a store and has them done, a few at a time. While a job runs its lease is renewed; a job that is lost, or whose lease may
/// have ended unseen, is stopped. When the process stops, what has not ended in time is given back, and others take it at once.
/// </summary>
public sealed partial class JobRunner : UpkeepService
{
    private static readonly ActivitySource s_activities = new("Stagedoor.Jobs");
    private readonly JobStore _store;
    private readonly IReadOnlyList<IJobHandler> _handlers;
    private readonly JobRunnerOptions _options;
    private readonly ILogger _logger;
    private readonly string _owner;
    private readonly ConcurrentDictionary<(string Id, long Epoch), Task> _running = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stopping = new();

    // The kind that is asked for first; only the round's.
    private int _first;

    /// <param name="store">The jobs.</param>
    /// <param name="handlers">One for each kind.</param>
    /// <param name="options">How it works.</param>
    /// <param name="owner">This process's name among the owners, another after every start.</param>
    /// <param name="clock">Measures leases and pauses.</param>
    /// <param name="logger">Hears of attempts that failed.</param>
    public JobRunner(JobStore store, IEnumerable<IJobHandler> handlers, JobRunnerOptions options, string owner, TimeProvider clock, ILogger logger)
        : base(clock, logger)
    {
        (_store, _options, _owner, _logger) = (store, options, owner, logger);
        _handlers = [.. handlers.ToDictionary(static h => h.Kind, StringComparer.Ordinal).Values];
    }

    // It waits by itself, for time or for a job that ended.
    protected override TimeSpan Period => TimeSpan.Zero;

    /// <summary>Looks for jobs at once instead of at the next interval.</summary>
    public void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // It was woken already, or stopped without waiting for the last job.
        }
    }

    public override void Dispose()
    {
        _wake.Dispose();
        _stopping.Dispose();
        base.Dispose();
    }

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        for (var (start, i) = (_first, 0); i < _handlers.Count && !stoppingToken.IsCancellationRequested; i++)
        {
            // Between the question and the answer others may have ended, so there is room at least for these.
            var room = _options.MaxConcurrency - _running.Count;
            if (room <= 0)
            {
                break;
            }

            var handler = _handlers[(start + i) % _handlers.Count];
            if (!await _store.IsDueAsync(handler.Kind, stoppingToken))
            {
                continue;
            }

            // A claim that was made and not heard of would lie there for a lease.
            var since = Clock.GetTimestamp();
            foreach (var job in await _store.ClaimAsync(handler.Kind, _owner, room, _options.Lease, CancellationToken.None))
            {
                // Whoever got something comes last, or a kind with many jobs would never let another begin.
                _first = (start + i + 1) % _handlers.Count;

                // It is known as running before it begins, or it could be over before that.
                var known = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _running[(job.Id, job.Epoch)] = DoAsync(known.Task, handler, job, since);
                known.SetResult();
            }
        }

        using var interval = new CancellationTokenSource(_options.PollInterval, Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, interval.Token);
        await _wake.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task FinishAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();

        // One that does not heed its token keeps its job until the lease ends: given back it would run twice at once.
        await Task.WhenAll(_running.Values).WaitAsync(cancellationToken);
    }

    private async Task DoAsync(Task known, IJobHandler handler, Job job, long since)
    {
        await known;
        try
        {
            using var activity = s_activities.StartActivity(job.Kind, ActivityKind.Consumer, job.TraceParent);
            await AttemptAsync(handler, job, since);
        }
#pragma warning disable CA1031 // The job's lease ends, and another takes it up; the others go on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogLeft(e, job.Kind, job.Id);
        }
        finally
        {
            _running.TryRemove((job.Id, job.Epoch), out _);
            Wake();
        }
    }

    private async Task AttemptAsync(IJobHandler handler, Job job, long since)
    {
        if (job.CancelRequestedAt is not null)
        {
            await _store.EndCancelledAsync(job, CancellationToken.None);
            return;
        }

        if (job.Attempts > _options.MaxAttempts)
        {
            await _store.FailAsync(job, job.Error ?? "Every process that began it ended before it was done.", CancellationToken.None);
            return;
        }

        using var lease = new JobLease(_store, job, _options.Lease, Clock, since, _stopping.Token);
        var renewing = lease.RenewAsync();
        string? result = null;
        Exception? fault = null;
        try
        {
            result = await handler.RunAsync(new(job, lease.ReportAsync), lease.Token);
        }
#pragma warning disable CA1031 // Whatever a handler throws is a failed attempt.
        catch (Exception e)
#pragma warning restore CA1031
        {
            fault = e;
        }

        // The lease is renewed until the end is written: what was done would be done again if the database were away just now.
        try
        {
            await EndAsync(job, lease, result, fault);
        }
        finally
        {
            await lease.EndAsync();
            await renewing;
        }
    }

    private async Task EndAsync(Job job, JobLease lease, string? result, Exception? fault)
    {
        while (true)
        {
            try
            {
                await EndOnceAsync(job, lease, result, fault);
                return;
            }
            catch (StorageException e) when (!lease.IsLost)
            {
                LogNotEnded(e, job.Kind, job.Id);
                await Task.Delay(_options.Lease / 10, Clock, CancellationToken.None);
            }
        }
    }

    private async Task EndOnceAsync(Job job, JobLease lease, string? result, Exception? fault)
    {
        // Nothing here watches the stop of the process: the host's deadline ends it.
        if (fault is null)
        {
            if (!await _store.SucceedAsync(job, result, CancellationToken.None))
            {
                LogLost(job.Kind, job.Id);
            }
        }
        else if (lease.IsLost)
        {
            LogLost(job.Kind, job.Id);
        }
        else if (fault is OperationCanceledException && lease.IsCancelRequested)
        {
            await _store.EndCancelledAsync(job, CancellationToken.None);
        }
        else if (_stopping.IsCancellationRequested)
        {
            // A work that is cut off may fail in its own words.
            await _store.GiveBackAsync(job, CancellationToken.None);
        }
        else if (job.Attempts >= _options.MaxAttempts)
        {
            LogFailed(fault, job.Kind, job.Id, job.Attempts);
            await _store.FailAsync(job, fault.Message, CancellationToken.None);
        }
        else
        {
            LogFailed(fault, job.Kind, job.Id, job.Attempts);
            await _store.RetryAsync(job, fault.Message, RetryAfter(job.Attempts), CancellationToken.None);
        }
    }

    private TimeSpan RetryAfter(long attempts) =>
        TimeSpan.FromTicks(Math.Min(_options.LongestRetry.Ticks, _options.FirstRetry.Ticks << (int)Math.Min(attempts - 1, 20)));

    [LoggerMessage(LogLevel.Warning, "{Kind} job {Id}: attempt {Attempts} failed")]
    private partial void LogFailed(Exception exception, string kind, string id, long attempts);

    [LoggerMessage(LogLevel.Warning, "{Kind} job {Id} was taken over or ended by another; what was done here does not count")]
    private partial void LogLost(string kind, string id);

    [LoggerMessage(LogLevel.Warning, "{Kind} job {Id} could not be ended yet; this is tried again as long as it is held")]
    private partial void LogNotEnded(Exception exception, string kind, string id);

    [LoggerMessage(LogLevel.Error, "{Kind} job {Id} could not be ended; it is taken up again when its lease is over")]
    private partial void LogLeft(Exception exception, string kind, string id);
}
