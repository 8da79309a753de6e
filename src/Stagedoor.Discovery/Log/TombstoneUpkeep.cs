using Microsoft.Extensions.Logging;
using Stagedoor.Background;

namespace Stagedoor.Discovery.Log;

/// <summary>Removes the traces of deleted entries, once every replica has had an hour to hear of them; who was away longer reads everything anew.</summary>
internal sealed class TombstoneUpkeep(EntryStore store, TimeProvider clock, ILogger<TombstoneUpkeep> logger)
    : UpkeepService(clock, logger)
{
    private static readonly TimeSpan s_age = TimeSpan.FromHours(1);

    protected override TimeSpan Period => TimeSpan.FromMinutes(10);

    protected override TimeSpan FirstPause => TimeSpan.Zero;

    // A single process deletes at once.
    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        if (store.IsShared)
        {
            await store.PurgeAsync((await store.ReadEarlierClockAsync(Clock, stoppingToken) - s_age).ToUnixTimeMilliseconds(), stoppingToken);
        }
    }
}
