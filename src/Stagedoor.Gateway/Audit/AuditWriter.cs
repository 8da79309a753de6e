using Microsoft.Extensions.Logging;
using Stagedoor.Storage;

namespace Stagedoor.Gateway.Audit;

/// <summary>Writes what the audit log has been handed.</summary>
internal sealed partial class AuditWriter(
    AuditLog log, AuditStore store, AuditKey keys, IdSource ids, TimeProvider clock, ILogger<AuditWriter> logger)
    : BatchWriter<AuditLog.Pending>(log.Handover, TimeSpan.FromMilliseconds(100), clock, logger)
{
    private readonly ILogger _logger = logger;
    private readonly string _chain = ids.NewId();
    private string? _previousHash;
    private string? _previousChain;
    private long _sequence;
    private bool _isInDoubt;

    protected override bool IsUrgent(AuditLog.Pending item) => item.Written is not null;

    protected override void NoteLost(int count) => LogLost(count);

    protected override async Task<bool> TryWriteAsync(List<AuditLog.Pending> batch)
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
