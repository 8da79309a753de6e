using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Background;

namespace Stagedoor.Gateway.Why;

/// <summary>Removes refusals that are older than they are kept, and of an account those beyond as many as are kept.</summary>
internal sealed partial class RefusalRetention(RefusalStore store, IOptions<WhyOptions> options, TimeProvider clock, ILogger<RefusalRetention> logger)
    : UpkeepService(clock, logger)
{
    private readonly ILogger _logger = logger;

    protected override TimeSpan Period => TimeSpan.FromMinutes(10);

    protected override TimeSpan FirstPause => TimeSpan.FromMinutes(1);

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        var before = (await store.ReadEarlierClockAsync(Clock, stoppingToken)).AddDays(-options.Value.KeepDays);
        var removed = await store.DeleteBeforeAsync(before.ToUnixTimeMilliseconds(), stoppingToken);
        removed += await store.DeleteBeyondAsync(options.Value.MaxPerAccount, stoppingToken);
        LogRemoved(removed);
    }

    [LoggerMessage(LogLevel.Debug, "Removed {Count} refusals")]
    private partial void LogRemoved(int count);
}
