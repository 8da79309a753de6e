using System.Text.Json;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Releases;
using Stagedoor.Background.Jobs;
using Stagedoor.Storage;

namespace Stagedoor.Addons.UserReleases;

/// <summary>
/// Installs, upgrades, rolls back and removes the releases of charts. What is brought to the cluster was recorded when the operation was asked for, so that an attempt after
/// another one brings the same, also when the chart has been deleted since.
/// </summary>
internal sealed class ReleaseJob(ReleaseStore releases, IClusterAccess clusters, OperationAttempts attempts) : IJobHandler
{
    public const string Name = "addons.release";

    public string Kind => Name;

    /// <inheritdoc/>
    /// <exception cref="StorageException">The database failed; it is tried again.</exception>
    public async Task<string?> RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        var work = WorkOf(run.Job);
        await attempts.WaitForAsync(Name, work.After, cancellationToken);
        return await FindAsync(run.Job, cancellationToken) is not { } release
            ? OperationAttempts.Superseded
            : await attempts.RunAsync(
                run.Job,
                new()
                {
                    Operation = release.Operation,
                    DoAsync = (steps, token) => DoAsync(release, work, steps, token),
                    ReportAsync = (message, token) => releases.ReportAsync(release, message, token),

                    // Written down even while the process stops, or it would be done again to no other end.
                    FailAsync = (reason, message) => releases.FailAsync(release, $"{reason}: {message}", CancellationToken.None),
                },
                cancellationToken);
    }

    public async Task HearFailureAsync(Job job, string reason, CancellationToken cancellationToken)
    {
        if (await FindAsync(job, cancellationToken) is { } release)
        {
            await releases.FailAsync(release, $"{Reasons.Interrupted}: The operation was interrupted too often; see the log of the server.", cancellationToken);
        }
    }

    public async Task<JobOwner?> FindOwnerAsync(Job job, CancellationToken cancellationToken) =>
        await FindAsync(job, cancellationToken) is { } release ? new(release.DomainId, "") : null;

    private static ReleaseWork WorkOf(Job job) => JsonSerializer.Deserialize(job.Argument!, ReleasesJson.Wire.ReleaseWork)!;

    private async Task<UserRelease?> FindAsync(Job job, CancellationToken cancellationToken)
    {
        var work = WorkOf(job);
        return await releases.FindOperationAsync(work.ReleaseId, work.Generation, cancellationToken) is { } release ? release with { Job = job } : null;
    }

    private async Task<string> DoAsync(UserRelease release, ReleaseWork work, OperationSteps steps, CancellationToken cancellationToken)
    {
        if (await clusters.FindAsync(release.ProjectId, release.ClusterId, cancellationToken) is not { } cluster)
        {
            throw new DriverRejectedException(Reasons.ClusterUnreachable, "The cluster is not registered any more.");
        }

        async Task ConfirmAsync(CancellationToken token)
        {
            if (!await releases.IsUnderWayAsync(release, token))
            {
                throw new SupersededException();
            }
        }

        if (release.Operation is InstanceOperation.Delete)
        {
            await steps.FollowAsync(cluster.Driver.UninstallAsync(cluster.Connection, release.Key, new() { Confirm = ConfirmAsync }, cancellationToken), cancellationToken);
            return await releases.ForgetAsync(release, cancellationToken) ? ReleaseStatus.Uninstalled : OperationAttempts.Superseded;
        }

        var revision = await releases.FindRevisionAsync(release.Id, release.Revision, cancellationToken)
            ?? throw new DriverRejectedException(Reasons.PackageMissing, $"Revision {release.Revision} is not recorded.");
        var plan = ReleasePlan.Of(ReleaseCodec.Decode(revision.Record)) with { Operation = release.Operation, Confirm = ConfirmAsync };
        plan = work.RunsHooks ? plan : plan with { Hooks = [] };
        await steps.FollowAsync(cluster.Driver.ApplyAsync(cluster.Connection, plan, cancellationToken), cancellationToken);
        var health = await cluster.Driver.HealthAsync(cluster.Connection, plan.Key, cancellationToken);
        return await releases.SucceedAsync(release, health.Message, cancellationToken) ? ReleaseStatus.Deployed : OperationAttempts.Superseded;
    }
}
