using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing;

/// <summary>Drops spans that are not to be kept, and has the store do what it does from time to time.</summary>
internal sealed class SpanUpkeep(ITraceStore store, SpanRetention retention, TimeProvider clock, ILogger<SpanUpkeep> logger)
    : UpkeepService(clock, logger)
{
    protected override TimeSpan Period => TimeSpan.FromMinutes(1);

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        // First, since on a full disk nothing else can be done.
        await retention.ApplyAsync(stoppingToken);
        await store.UpkeepAsync(stoppingToken);
    }
}
