using Microsoft.Extensions.Logging;
using Stagedoor.Addons.Prechecks;
using Stagedoor.Background;

namespace Stagedoor.Addons.Instances;

/// <summary>Removes jobs that were finished long ago, and prechecks that have expired.</summary>
internal sealed class JobUpkeep(AddonsJobs jobs, PrecheckStore prechecks, TimeProvider clock, ILogger<JobUpkeep> logger) : UpkeepService(clock, logger)
{
    private static readonly TimeSpan s_kept = TimeSpan.FromDays(7);

    protected override TimeSpan Period => TimeSpan.FromHours(1);

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        await jobs.Store.RemoveFinishedAsync(s_kept, stoppingToken);
        await prechecks.RemoveExpiredAsync(stoppingToken);
    }
}
