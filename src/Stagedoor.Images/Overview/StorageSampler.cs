using Microsoft.Extensions.Logging;
using Stagedoor.Background;

namespace Stagedoor.Images.Overview;

/// <summary>Notes every hour how large the images of each account are; the last note of a day stays. Any number of replicas may do it.</summary>
internal sealed class StorageSampler(OverviewStore store, TimeProvider clock, ILogger<StorageSampler> logger) : UpkeepService(clock, logger)
{
    protected override TimeSpan Period => TimeSpan.FromHours(1);

    protected override TimeSpan FirstPause => TimeSpan.FromMinutes(1);

    protected override Task RunOnceAsync(CancellationToken stoppingToken) => store.SampleAsync(OverviewStore.DayOf(Clock.GetUtcNow()), stoppingToken);
}
