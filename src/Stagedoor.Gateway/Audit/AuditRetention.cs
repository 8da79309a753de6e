using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Background;

namespace Stagedoor.Gateway.Audit;

/// <summary>Removes audit records that are older than they have to be kept.</summary>
internal sealed partial class AuditRetention(
    AuditStore store, AuditKey keys, IOptions<GatewayOptions> options, TimeProvider clock, ILogger<AuditRetention> logger)
    : UpkeepService(clock, logger)
{
    private readonly ILogger _logger = logger;

    protected override TimeSpan Period => TimeSpan.FromHours(6);

    protected override TimeSpan FirstPause => TimeSpan.Zero;

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        var before = (await store.ReadEarlierClockAsync(Clock, stoppingToken)).AddDays(-options.Value.AuditRetentionDays);
        var removed = await store.DeleteBeforeAsync(before.ToUnixTimeMilliseconds(), (await keys.OpenAsync(stoppingToken)).Key, stoppingToken);
        LogRemoved(removed, options.Value.AuditRetentionDays);
    }

    [LoggerMessage(LogLevel.Debug, "Removed {Count} audit records older than {Days} days")]
    private partial void LogRemoved(int count, int days);
}
