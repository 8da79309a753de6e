using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Background;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing;

/// <summary>Moves what has been in memory for a while to the files of its days, makes large blocks of small ones, and drops the days that are older than spans are kept.</summary>
internal sealed class SpanUpkeep(ITraceStore store, IOptions<TracingOptions> options, TimeProvider clock, ILogger<SpanUpkeep> logger)
    : UpkeepService(clock, logger)
{
    protected override TimeSpan Period => TimeSpan.FromMinutes(1);

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        await store.DropBeforeAsync(DateOnly.FromDateTime(Clock.GetUtcNow().UtcDateTime).AddDays(-options.Value.RetentionDays), stoppingToken);
        await store.UpkeepAsync(stoppingToken);
    }
}
