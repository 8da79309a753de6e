using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stagedoor.Storage;

namespace Stagedoor.Gateway.Audit;

/// <summary>Writes what the audit log has been handed. Records that arrive while one transaction runs share the next.</summary>
internal sealed partial class AuditWriter(AuditLog log, AuditStore store, IdSource ids, TimeProvider clock, ILogger<AuditWriter> logger)
    : BackgroundService
{
    private const int MaxBatch = 256;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly string _chain = ids.NewId();
    private string? _previousHash;
    private long _sequence;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        log.Complete();
        await base.StopAsync(cancellationToken);
        if (ExecuteTask is { IsCanceled: true })
        {
            // A loop that had not begun when the token was cancelled never begins, and records may wait all the same.
            await WriteAllAsync(new(canceled: true));
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => WriteAllAsync(stoppingToken);

    private async Task WriteAllAsync(CancellationToken stoppingToken)
    {
        var batch = new List<AuditLog.Pending>(MaxBatch);
        // Not the stopping token: what was handed in is written before the process ends.
        while (await log.Reader.WaitToReadAsync(CancellationToken.None))
        {
            while (batch.Count < MaxBatch && log.Reader.TryRead(out var pending))
            {
                batch.Add(pending);
            }

            while (!await TryWriteAsync(batch))
            {
                if (stoppingToken.IsCancellationRequested)
                {
                    LogLost(batch.Count + log.Reader.Count);
                    return;
                }

                await Task.Delay(s_pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            batch.Clear();
        }
    }

    private async Task<bool> TryWriteAsync(List<AuditLog.Pending> batch)
    {
        var written = false;
        try
        {
            _previousHash ??= await store.FindNewestHashAsync(CancellationToken.None) ?? AuditRow.NoHash;
            var rows = Chain(batch);
            await store.AddAsync(rows, CancellationToken.None);
            (_previousHash, _sequence, written) = (rows[^1].Hash, rows[^1].Sequence, true);
        }
        catch (StorageException fault)
        {
            if (!log.IsFailing)
            {
                LogFault(fault);
            }
        }

        log.IsFailing = !written;
        foreach (var pending in batch)
        {
            pending.Written?.TrySetResult(written);
        }

        return written;
    }

    private List<AuditRow> Chain(List<AuditLog.Pending> batch)
    {
        var recordedAt = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var rows = new List<AuditRow>(batch.Count);
        var (hash, sequence) = (_previousHash!, _sequence);
        foreach (var pending in batch)
        {
            var row = AuditRow.Of(pending.Event, ids.NewId(), _chain, ++sequence, recordedAt, hash);
            rows.Add(row);
            hash = row.Hash;
        }

        return rows;
    }

    [LoggerMessage(LogLevel.Error, "Audit records cannot be written and wait in memory")]
    private partial void LogFault(Exception exception);

    [LoggerMessage(LogLevel.Critical, "The process stops and {Count} audit records are lost")]
    private partial void LogLost(int count);
}
