using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Engine;

/// <summary>Removes the traces of deleted entries, once every replica has had an hour to hear of them; who was away longer reads everything anew.</summary>
internal sealed partial class TombstoneUpkeep(EntryStore store, TimeProvider clock, ILogger<TombstoneUpkeep> logger) : BackgroundService
{
    private static readonly TimeSpan s_age = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A single process deletes at once.
        while (store.IsShared && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                await store.PurgeAsync((clock.GetUtcNow() - s_age).ToUnixTimeMilliseconds(), stoppingToken);
            }
            catch (StorageException e)
            {
                LogNotPurged(e);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(s_interval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Traces of deleted registry entries could not be removed; trying again later")]
    private partial void LogNotPurged(Exception exception);
}
