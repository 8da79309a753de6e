using Microsoft.Extensions.Logging;
using Stagedoor.Background;

namespace Stagedoor.Addons.Instances;

/// <summary>Removes jobs that were finished long ago.</summary>
internal sealed class JobUpkeep(AddonsJobs jobs, TimeProvider clock, ILogger<JobUpkeep> logger) : UpkeepService(clock, logger)
{
    private static readonly TimeSpan s_kept = TimeSpan.FromDays(7);

    protected override TimeSpan Period => TimeSpan.FromHours(1);

    protected override Task RunOnceAsync(CancellationToken stoppingToken) => jobs.Store.RemoveFinishedAsync(s_kept, stoppingToken);
}
