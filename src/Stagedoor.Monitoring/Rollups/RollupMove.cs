using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Storage;

namespace Stagedoor.Monitoring.Rollups;

/// <summary>
/// Brings over the minutes that lie in the database of discovery (<see cref="FormerRollups"/>). They come in the background, the latest first, since
/// there can be millions.
/// </summary>
/// <remarks>
/// A batch is taken out of the old table, arrives, and is forgotten: three transactions, in two databases. Wherever a process ends in between, the
/// batch is there with its id, and the next one goes on with it; the mark of its arrival keeps it from counting twice.
/// </remarks>
internal sealed partial class RollupMove(
    IDatabaseEngine engine, MonitoringDb db, RollupStore store, IdSource ids, TimeProvider clock, ILogger<RollupMove> logger)
    : UpkeepService(clock, logger)
{
    private const int Batch = 2_000;
    private static readonly TimeSpan s_pause = TimeSpan.FromHours(1);
    private readonly ILogger<RollupMove> _logger = logger;

    protected override TimeSpan Period => s_pause;

    protected override TimeSpan FirstPause => TimeSpan.Zero;

    protected override Task RunOnceAsync(CancellationToken stoppingToken) => MoveAsync(Batch, stoppingToken);

    /// <summary>Brings over what there is, <paramref name="size"/> minutes at a time.</summary>
    internal async Task MoveAsync(int size, CancellationToken cancellationToken)
    {
        await using var former = new FormerRollups(engine);
        if (await former.IsEmptyAsync(cancellationToken))
        {
            return;
        }

        // One process at a time is enough. Two, as when the lock's connection is lost, do no harm: they make the table one after the other, what they take is not the
        // same, and what they bring counts once.
        await using var held = await db.LockAsync("rollup-move", cancellationToken);
        await former.PrepareAsync(cancellationToken);
        var moved = 0;
        do
        {
            foreach (var batch in await former.ListBatchesAsync(cancellationToken))
            {
                var rows = await former.ListAsync(batch, cancellationToken);
                moved += await store.AddOnceAsync(batch, [.. rows.Select(static r => r.Row())], cancellationToken);
                await former.RemoveAsync(batch, cancellationToken);
            }
        }
        while (await former.TakeAsync(ids.NewId(), size, cancellationToken) > 0);

        LogMoved(moved);
    }

    [LoggerMessage(LogLevel.Information, "{Count} rolled-up minutes were brought over from the database of discovery")]
    private partial void LogMoved(int count);
}
