using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Stagedoor.Storage;

namespace Stagedoor.Background.Jobs;

/// <summary>
/// Claims the jobs of a store and has them done, a few at a time. While a job runs its lease is renewed; a job that is lost, or whose lease may
/// have ended unseen, is stopped. When the process stops, what has not ended in time is given back, and others take it at once.
/// </summary>
public sealed partial class JobRunner : UpkeepService
{
    private readonly JobStore _store;
    private readonly IReadOnlyList<IJobHandler> _handlers;
    private readonly JobRunnerOptions _options;
    private readonly ILogger _logger;
    private readonly string _owner;
    private readonly IRecorder? _recorder;
    private readonly ConcurrentDictionary<(string Id, long Epoch), Running> _running = new();
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
    /// <param name="recorder">Keeps what attempts did; null when nobody does.</param>
    public JobRunner(
        JobStore store, IEnumerable<IJobHandler> handlers, JobRunnerOptions options, string owner, TimeProvider clock, ILogger logger, IRecorder? recorder = null)
        : base(clock, logger)
    {
        (_store, _options, _owner, _logger, _recorder) = (store, options, owner, logger, recorder);
        _handlers = [.. handlers.ToDictionary(static h => h.Kind, StringComparer.Ordinal).Values];
        _store.Attach(this);
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

    /// <summary>The same for one kind; others are left alone.</summary>
    internal void Wake(string kind)
    {
        if (_handlers.Any(h => string.Equals(h.Kind, kind, StringComparison.Ordinal)))
        {
            Wake();
        }
    }

    /// <summary>Renews what is held of the lane at once, and so hears at once what was asked of it.</summary>
    internal void Renew(string lane)
    {
        foreach (var running in _running.Values)
        {
            if (string.Equals(running.Lane, lane, StringComparison.Ordinal))
            {
                running.Lease?.Hurry();
            }
        }
    }

    public override void Dispose()
    {
        _store.Detach(this);
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
            var since = Clock.GetTimestamp();
            foreach (var job in await ClaimAsync(handler.Kind, room, stoppingToken))
            {
                // Whoever got something comes last, or a kind with many jobs would never let another begin.
                _first = (start + i + 1) % _handlers.Count;

                // It is known as running before it begins, or it could be over before that.
                var known = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                var running = new Running(job.Lane);
                _running[(job.Id, job.Epoch)] = running;
                running.Work = DoAsync(known.Task, running, handler, job, since);
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
        await Task.WhenAll(_running.Values.Select(static r => r.Work)).WaitAsync(cancellationToken);
    }

    // A claim that was made and not heard of would lie there for a lease, so that nothing ends one.
    private async Task<IReadOnlyList<Job>> ClaimAsync(string kind, int room, CancellationToken stoppingToken)
    {
        if (_options.MaxPerLane == 0)
        {
            return await _store.IsDueAsync(kind, stoppingToken) ? await _store.ClaimAsync(kind, _owner, room, _options.Lease, CancellationToken.None) : [];
        }

        var lanes = _running.Values.Select(static r => r.Lane).OfType<string>().CountBy(static l => l, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        string[] full = [.. lanes.Where(l => l.Value >= _options.MaxPerLane).Select(static l => l.Key)];
        var due = await _store.ListDueAsync(kind, room, _options.MaxPerLane, full, stoppingToken);
        string[] these = [.. due.GroupBy(static d => d.Lane ?? d.Id, StringComparer.Ordinal)
            .SelectMany(g => g.Take(_options.MaxPerLane - lanes.GetValueOrDefault(g.Key))).Select(static d => d.Id)];
        if (these.Length == 0)
        {
            return [];
        }

        var claimed = await _store.ClaimTheseAsync(these, _owner, _options.Lease, CancellationToken.None);
        if (claimed.Count > 0 && (claimed.Count < these.Length || due.Count == room))
        {
            // Others took some of them, or lanes that are half full made the list short: there may be more for this process.
            Wake();
        }

        return claimed;
    }

    private async Task DoAsync(Task known, Running running, IJobHandler handler, Job job, long since)
    {
        await known;
        try
        {
            if (_recorder is null)
            {
                await AttemptAsync(running, handler, job, since);
            }
            else
            {
                await RecordedAsync(_recorder, running, handler, job, since);
            }
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

    /// <summary>An attempt is a span in the trace of the request that asked for the job, in whichever process that was.</summary>
    private async Task RecordedAsync(IRecorder recorder, Running running, IJobHandler handler, Job job, long since)
    {
        var recording = JobRecording.Of(job, Clock);
        Recording.Current = recording;
        var outcome = JobRecording.LostOutcome;
        try
        {
            outcome = await AttemptAsync(running, handler, job, since);
        }
        finally
        {
            var elapsed = recording.Between(recording.Started, recording.Now());
            var hasFailed = outcome is not (JobRecording.DoneOutcome or JobRecording.CancelledOutcome or JobRecording.GivenBackOutcome);
            if (recorder.Wants(recording, hasFailed, isOfKnown: true, elapsed))
            {
                recorder.Keep(recording.Describe(job, outcome, hasFailed, elapsed));
            }
        }
    }

    private async Task<string> AttemptAsync(Running running, IJobHandler handler, Job job, long since)
    {
        if (job.CancelRequestedAt is not null)
        {
            await _store.EndCancelledAsync(job, CancellationToken.None);
            return JobRecording.CancelledOutcome;
        }

        if (job.Attempts > _options.MaxAttempts)
        {
            var reason = job.Error is { } error ? $"{error} After that every process that began it ended before it was done." : "Every process that began it ended before it was done.";
            await FailAsync(handler, job, reason);
            await TellAsync(handler, job, reason, null, null);
            return "given_up";
        }

        using var lease = new JobLease(_store, job, _options.Lease, Clock, since, _stopping.Token);
        running.Lease = lease;
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
            await EndAsync(handler, job, lease, result, fault);
            return fault is null ? DoneOrLost(lease)
                : lease.IsLost ? JobRecording.LostOutcome
                : fault is OperationCanceledException && lease.IsCancelRequested ? JobRecording.CancelledOutcome
                : _stopping.IsCancellationRequested || fault is JobPostponedException ? JobRecording.GivenBackOutcome
                : JobRecording.FaultOf(fault);
        }
        finally
        {
            running.Lease = null;
            await lease.EndAsync();
            await renewing;
        }
    }

    private static string DoneOrLost(JobLease lease) => lease.IsLost ? JobRecording.LostOutcome : JobRecording.DoneOutcome;

    private async Task EndAsync(IJobHandler handler, Job job, JobLease lease, string? result, Exception? fault)
    {
        while (true)
        {
            try
            {
                await EndOnceAsync(handler, job, lease, result, fault);
                return;
            }
            catch (StorageException e) when (!lease.IsLost)
            {
                LogNotEnded(e, job.Kind, job.Id);
                await Task.Delay(_options.Lease / 10, Clock, CancellationToken.None);
            }
        }
    }

    private async Task EndOnceAsync(IJobHandler handler, Job job, JobLease lease, string? result, Exception? fault)
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
        else if (fault is JobPostponedException later)
        {
            await _store.PostponeAsync(job, later.Delay, CancellationToken.None);
        }
        else if (job.Attempts >= _options.MaxAttempts)
        {
            LogFailed(fault, job.Kind, job.Id, job.Attempts);
            await FailAsync(handler, job, fault.Message);
            await TellAsync(handler, job, fault.Message, fault, null);
        }
        else
        {
            LogFailed(fault, job.Kind, job.Id, job.Attempts);
            var retryAfter = RetryAfter(job.Attempts);
            await _store.RetryAsync(job, fault.Message, retryAfter, CancellationToken.None);
            await TellAsync(handler, job, fault.Message, fault, retryAfter);
        }
    }

    // Behind the end of the attempt, which counts whatever becomes of this.
    private async Task TellAsync(IJobHandler handler, Job job, string error, Exception? fault, TimeSpan? retryAfter)
    {
        if (_options.Faults is not { } faults || job.TraceParent is null)
        {
            return;
        }

        JobOwner? owner = null;
        try
        {
            owner = await handler.FindOwnerAsync(job, CancellationToken.None);
        }
        catch (StorageException e)
        {
            LogOwnerUnknown(e, job.Kind, job.Id);
        }

        faults.Note(job, owner, error, fault, retryAfter);
    }

    private async Task FailAsync(IJobHandler handler, Job job, string error)
    {
        await handler.HearFailureAsync(job, error, CancellationToken.None);
        await _store.FailAsync(job, error, CancellationToken.None);
    }

    private TimeSpan RetryAfter(long attempts) =>
        TimeSpan.FromTicks(Math.Min(_options.LongestRetry.Ticks, _options.FirstRetry.Ticks << (int)Math.Min(attempts - 1, 20)));

    /// <summary>A job that this process does.</summary>
    private sealed class Running(string? lane)
    {
        private volatile JobLease? _lease;

        public string? Lane { get; } = lane;

        public Task Work { get; set; } = Task.CompletedTask;

        /// <summary>Its lease, while it can be renewed.</summary>
        public JobLease? Lease
        {
            get => _lease;
            set => _lease = value;
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Kind} job {Id}: attempt {Attempts} failed")]
    private partial void LogFailed(Exception exception, string kind, string id, long attempts);

    [LoggerMessage(LogLevel.Warning, "{Kind} job {Id} has failed, and whose it is could not be read")]
    private partial void LogOwnerUnknown(Exception exception, string kind, string id);

    [LoggerMessage(LogLevel.Warning, "{Kind} job {Id} was taken over or ended by another; what was done here does not count")]
    private partial void LogLost(string kind, string id);

    [LoggerMessage(LogLevel.Warning, "{Kind} job {Id} could not be ended yet; this is tried again as long as it is held")]
    private partial void LogNotEnded(Exception exception, string kind, string id);

    [LoggerMessage(LogLevel.Error, "{Kind} job {Id} could not be ended; it is taken up again when its lease is over")]
    private partial void LogLeft(Exception exception, string kind, string id);
}
