using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Storage;

namespace Stagedoor.Gateway.Why;

/// <summary>Works out why requests were refused, and writes it. What arrives while one transaction runs shares the next.</summary>
internal sealed partial class RefusalWriter(RefusalLog log, RefusalStore store, RefusalAccount account, TimeProvider clock, ILogger<RefusalWriter> logger)
    : UpkeepService(clock, logger)
{
    private const int MaxBatch = 256;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_linger = TimeSpan.FromMilliseconds(250);

    // In place of what cannot be worked out.
    private static readonly object s_nothing = new();

    private readonly ILogger _logger = logger;
    // What was taken from the log and is not written yet; it outlives a round that failed.
    private readonly List<object> _batch = new(MaxBatch);
    private bool _isFailing;

    protected override TimeSpan Period => TimeSpan.Zero;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        log.Complete();
        await base.StopAsync(cancellationToken);
    }

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        while (_batch.Count > 0 || await log.Reader.WaitToReadAsync(CancellationToken.None))
        {
            Gather();
            if (_batch.Count < MaxBatch && !_batch.Exists(static o => o is TaskCompletionSource))
            {
                await log.LingerAsync(s_linger);
                Gather();
            }

            while (!await TryWriteAsync(_batch))
            {
                if (stoppingToken.IsCancellationRequested)
                {
                    return;
                }

                await Task.Delay(s_pause, Clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            _batch.Clear();
        }

        // The log takes no more, and the process is about to stop.
        await Task.Delay(Timeout.InfiniteTimeSpan, Clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task FinishAsync(CancellationToken cancellationToken)
    {
        while (ExecuteTask is null or { IsCompleted: true } && (_batch.Count > 0 || log.Reader.Count > 0))
        {
            Gather();
            if (!await TryWriteAsync(_batch))
            {
                return;
            }

            _batch.Clear();
        }
    }

    private void Gather()
    {
        while (_batch.Count < MaxBatch && log.Reader.TryRead(out var item))
        {
            _batch.Add(item);
        }
    }

    private async Task<bool> TryWriteAsync(List<object> batch)
    {
        try
        {
            // In its place, so that what was worked out once keeps its id when it is written again.
            for (var i = 0; i < batch.Count; i++)
            {
                batch[i] = batch[i] is Refusal refusal ? await MakeAsync(refusal) ?? (object)s_nothing : batch[i];
            }

            await WriteAsync([.. batch.OfType<RefusalRow>()]);
        }
        catch (StorageException fault)
        {
            if (!_isFailing)
            {
                LogFault(fault);
            }

            // Whoever asks meanwhile is told what there is.
            _isFailing = true;
            Tell(batch);
            return false;
        }

        _isFailing = false;
        Tell(batch);
        return true;
    }

    private async Task<RefusalRow?> MakeAsync(Refusal refusal)
    {
        try
        {
            return await account.MakeAsync(refusal, CancellationToken.None);
        }
#pragma warning disable CA1031 // One odd request must not hold up the others.
        catch (Exception e) when (e is not StorageException)
#pragma warning restore CA1031
        {
            LogOdd(e, refusal.RequestId);
            return null;
        }
    }

    private async Task WriteAsync(IReadOnlyList<RefusalRow> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        try
        {
            await store.AddAsync(rows, CancellationToken.None);
        }
        catch (StorageException fault) when (fault.Fault is StorageFault.Refused)
        {
            if (rows.Count == 1)
            {
                LogRefused(fault, rows[0].RequestId);
                return;
            }

            // One cannot be stored as it is, now or ever: it must not hold up the others.
            foreach (var row in rows)
            {
                await WriteAsync([row]);
            }
        }
    }

    private static void Tell(List<object> batch)
    {
        foreach (var asked in batch.OfType<TaskCompletionSource>())
        {
            asked.TrySetResult();
        }
    }

    [LoggerMessage(LogLevel.Warning, "Why requests were refused cannot be written and waits in memory")]
    private partial void LogFault(Exception exception);

    [LoggerMessage(LogLevel.Error, "Why request {RequestId} was refused cannot be worked out")]
    private partial void LogOdd(Exception exception, string requestId);

    [LoggerMessage(LogLevel.Error, "The database cannot hold why request {RequestId} was refused")]
    private partial void LogRefused(Exception exception, string requestId);
}
