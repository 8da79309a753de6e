using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Storage;

namespace Stagedoor.Gateway.Audit;

/// <summary>Writes what the audit log has been handed. Records that arrive while one transaction runs share the next.</summary>
internal sealed partial class AuditWriter(
    AuditLog log, AuditStore store, AuditKey keys, IdSource ids, TimeProvider clock, ILogger<AuditWriter> logger)
    : UpkeepService(clock, logger)
{
    private const int MaxBatch = 256;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_linger = TimeSpan.FromMilliseconds(100);

    private readonly ILogger _logger = logger;
    private readonly string _chain = ids.NewId();
    // What was taken from the log and is not written yet; it outlives a round that failed.
    private readonly List<AuditLog.Pending> _batch = new(MaxBatch);
    private string? _previousHash;
    private string? _previousChain;
    private long _sequence;
    private bool _isInDoubt;

    protected override TimeSpan Period => TimeSpan.Zero;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        log.Complete();
        await base.StopAsync(cancellationToken);
    }

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        // Not the stopping token: what was handed in is written before the process ends.
        while (await log.Reader.WaitToReadAsync(CancellationToken.None) || _batch.Count > 0)
        {
            Gather();
            if (_batch.Count < MaxBatch && _batch.TrueForAll(static p => p.Written is null))
            {
                // Nobody waits for these: many pushes share one commit.
                await log.WaitForUrgentAsync(s_linger);
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

    // A loop that had not begun when it was told to stop never begins, and one that the database failed stops early.
    protected override async Task FinishAsync(CancellationToken cancellationToken)
    {
        while (ExecuteTask is null or { IsCompleted: true } && (_batch.Count > 0 || log.Reader.Count > 0))
        {
            Gather();
            if (!await TryWriteAsync(_batch))
            {
                LogLost(_batch.Count + log.Reader.Count);
                return;
            }

            _batch.Clear();
        }
    }

    private void Gather()
    {
        while (_batch.Count < MaxBatch && log.Reader.TryRead(out var pending))
        {
            _batch.Add(pending);
        }
    }

    private async Task<bool> TryWriteAsync(List<AuditLog.Pending> batch)
    {
        var written = false;
        try
        {
            var key = (await keys.OpenAsync(CancellationToken.None)).Key;
            if (_previousHash is null)
            {
                var newest = await store.FindNewestAsync(CancellationToken.None);
                (_previousHash, _previousChain) = (newest?.Hash ?? AuditRow.NoHash, newest?.Chain);
            }

            // What failed may have been written all the same: the answer alone was lost.
            if (_isInDoubt && await store.FindChainAsync(_chain, CancellationToken.None) is { } end && end.LastSequence == _sequence + batch.Count)
            {
                (_previousHash, _sequence) = (end.LastHash, end.LastSequence);
            }
            else
            {
                var rows = Chain(batch, key);
                await store.AddAsync(rows, AuditChain.Of(_chain, _previousChain, rows[^1].Sequence, rows[^1].Hash, key), CancellationToken.None);
                (_previousHash, _sequence) = (rows[^1].Hash, rows[^1].Sequence);
            }

            (_isInDoubt, written) = (false, true);
        }
        catch (StorageException fault) when (fault.Fault is StorageFault.Refused && batch.Count > 1)
        {
            // One record cannot be stored as it is, now or ever: it must not hold up the others.
            while (batch.Count > 0)
            {
                if (!await TryWriteAsync([batch[0]]))
                {
                    return false;
                }

                batch.RemoveAt(0);
            }

            return true;
        }
        catch (StorageException fault) when (fault.Fault is StorageFault.Refused)
        {
            LogRefused(fault, batch[0].Event);
            batch[0].Written?.TrySetResult(false);
            return true;
        }
        catch (StorageException fault)
        {
            _isInDoubt = true;
            if (!log.IsFailing)
            {
                LogFault(fault);
            }
        }
        catch
        {
            // Whatever it is, the key of the log that was exchanged for one: whoever waits for a record is not to wait until somebody has mended it.
            _isInDoubt = true;
            Settle(batch, isWritten: false);
            throw;
        }

        Settle(batch, written);
        return written;
    }

    private void Settle(List<AuditLog.Pending> batch, bool isWritten)
    {
        log.IsFailing = !isWritten;
        foreach (var pending in batch)
        {
            pending.Written?.TrySetResult(isWritten);
        }
    }

    private List<AuditRow> Chain(List<AuditLog.Pending> batch, byte[] key)
    {
        var recordedAt = Clock.GetUtcNow().ToUnixTimeMilliseconds();
        var rows = new List<AuditRow>(batch.Count);
        var (hash, sequence) = (_previousHash!, _sequence);
        foreach (var pending in batch)
        {
            var row = AuditRow.Of(pending.Event, ids.NewId(), _chain, ++sequence, recordedAt, hash, key);
            rows.Add(row);
            hash = row.Hash;
        }

        return rows;
    }

    [LoggerMessage(LogLevel.Error, "Audit records cannot be written and wait in memory")]
    private partial void LogFault(Exception exception);

    [LoggerMessage(LogLevel.Critical, "The database cannot hold an audit record, and this line is all that is left of it: {Event}")]
    private partial void LogRefused(Exception exception, AuditEvent @event);

    [LoggerMessage(LogLevel.Critical, "The process stops and {Count} audit records are lost")]
    private partial void LogLost(int count);
}
