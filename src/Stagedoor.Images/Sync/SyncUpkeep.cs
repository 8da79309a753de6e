using Microsoft.Extensions.Logging;
using Stagedoor.Background;

namespace Stagedoor.Images.Sync;

/// <summary>Ends copies whose job ended without them, as when each process that began it was killed, and removes those that ended long ago.</summary>
internal sealed class SyncUpkeep(SyncStore store, TimeProvider clock, ILogger<SyncUpkeep> logger) : UpkeepService(clock, logger)
{
    private static readonly TimeSpan s_kept = TimeSpan.FromDays(30);

    protected override TimeSpan Period => TimeSpan.FromHours(1);

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        await store.EndLostAsync(stoppingToken);
        await store.RemoveEndedAsync(s_kept, stoppingToken);
    }
}
