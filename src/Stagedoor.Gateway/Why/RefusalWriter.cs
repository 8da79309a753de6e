using Microsoft.Extensions.Logging;
using Stagedoor.Storage;

namespace Stagedoor.Gateway.Why;

/// <summary>Works out why requests were refused, and writes it.</summary>
internal sealed partial class RefusalWriter(RefusalLog log, RefusalStore store, RefusalAccount account, TimeProvider clock, ILogger<RefusalWriter> logger)
    : BatchWriter<object>(log.Handover, TimeSpan.FromMilliseconds(250), clock, logger)
{
    // In place of what cannot be worked out.
    private static readonly object s_nothing = new();

    private readonly ILogger _logger = logger;
    private bool _isFailing;

    protected override bool IsUrgent(object item) => item is TaskCompletionSource;

    protected override async Task<bool> TryWriteAsync(List<object> batch)
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
