using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Storage;

namespace Stagedoor.Gateway.Audit;

/// <summary>Removes audit records that are older than they have to be kept.</summary>
internal sealed partial class AuditRetention(
    AuditStore store, IOptions<GatewayOptions> options, TimeProvider clock, ILogger<AuditRetention> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromHours(6);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, clock);
        do
        {
            try
            {
                var before = clock.GetUtcNow().AddDays(-options.Value.AuditRetentionDays);
                var removed = await store.DeleteBeforeAsync(before.ToUnixTimeMilliseconds(), stoppingToken);
                LogRemoved(removed, options.Value.AuditRetentionDays);
            }
            catch (StorageException fault)
            {
                LogFault(fault);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(LogLevel.Debug, "Removed {Count} audit records older than {Days} days")]
    private partial void LogRemoved(int count, int days);

    [LoggerMessage(LogLevel.Warning, "Old audit records could not be removed; the next attempt is in some hours")]
    private partial void LogFault(Exception exception);
}
