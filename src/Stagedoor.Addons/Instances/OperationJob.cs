using System.Text.Json;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Drivers.Processes;
using Stagedoor.Addons.Releases;
using Stagedoor.Background.Jobs;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Instances;

/// <summary>
/// Does an operation of an instance. Cut off anywhere and begun again it goes on: the plan is kept before anything of it is applied, applying it twice is
/// applying it once, and only the operation that is still under way changes the instance.
/// </summary>
internal sealed class OperationJob(
    InstanceStore instances, IAddonCatalog catalog, IClusterAccess clusters, AddonPlanner planner, OperationAttempts attempts, TimeProvider clock) : IJobHandler
{
    public const string Name = "addons.operation";

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);

    public string Kind => Name;

    /// <inheritdoc/>
    /// <exception cref="StorageException">The database failed; it is tried again.</exception>
    public async Task<string?> RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        var work = WorkOf(run.Job);
        await attempts.WaitForAsync(Name, work.After, cancellationToken);
        return await FindAsync(run.Job, cancellationToken) is not { } instance
            ? OperationAttempts.Superseded
            : await attempts.RunAsync(
                run.Job,
                new()
                {
                    Operation = instance.Operation,
                    Turn = Math.Max(1, work.Turn),
                    DoAsync = (steps, token) => DoAsync(instance, work, steps, token),
                    ReportAsync = (message, token) => instances.ReportAsync(instance, message, token),

                    // Written down even while the process stops, or it would be done again to no other end.
                    FailAsync = (reason, message) => instances.FailAsync(instance, reason, message, CancellationToken.None),
                },
                cancellationToken);
    }

    public async Task HearFailureAsync(Job job, string reason, CancellationToken cancellationToken)
    {
        if (await FindAsync(job, cancellationToken) is { } instance)
        {
            await instances.FailAsync(instance, Reasons.Interrupted, "The operation was interrupted too often; see the log of the server.", cancellationToken);
        }
    }

    public async Task<JobOwner?> FindOwnerAsync(Job job, CancellationToken cancellationToken) =>
        await FindAsync(job, cancellationToken) is { } instance ? new(instance.DomainId, "") : null;

    private async Task<Instance?> FindAsync(Job job, CancellationToken cancellationToken)
    {
        var work = WorkOf(job);
        return await instances.FindOperationAsync(work.InstanceId, work.Generation, cancellationToken) is { } instance ? instance with { Job = job } : null;
    }

    private static OperationWork WorkOf(Job job) => JsonSerializer.Deserialize(job.Argument!, InstancesJson.Wire.OperationWork)!;

    // What an add-on requires has to be there first: until it is, the job leaves its place to that.
    private async Task CheckBehindAsync(IReadOnlyList<string>? others, CancellationToken cancellationToken)
    {
        foreach (var id in others ?? [])
        {
            var other = await instances.FindAnyAsync(id, cancellationToken);
            if (other is null || (other.Operation is not InstanceOperation.Install && other.Status is InstanceStatus.InstallFailed or InstanceStatus.Deleting or InstanceStatus.DeleteFailed))
            {
                throw new DriverRejectedException(
                    Reasons.Interrupted, $"What it requires was not installed: {(other is null ? $"the instance {id} is gone" : $"{other.Template} is {other.Status}: {other.Message}")}");
            }

            if (other.Operation is InstanceOperation.Install)
            {
                throw new JobPostponedException(s_look);
            }
        }
    }

    // What requires an add-on has to be gone first, where all of a cluster goes.
    private async Task CheckGoneAsync(IReadOnlyList<string>? others, CancellationToken cancellationToken)
    {
        foreach (var id in others ?? [])
        {
            switch (await instances.FindAnyAsync(id, cancellationToken))
            {
                case null:
                    break;
                case { Operation: InstanceOperation.Delete }:
                    throw new JobPostponedException(s_look);
                case { } other:
                    throw new DriverRejectedException(Reasons.Interrupted, $"{other.Template}, which requires it, was not removed and is {other.Status}.");
            }
        }
    }

    private async Task<string> DoAsync(Instance instance, OperationWork work, OperationSteps steps, CancellationToken cancellationToken)
    {
        await (instance.Operation is InstanceOperation.Delete ? CheckGoneAsync(work.Behind, cancellationToken) : CheckBehindAsync(work.Behind, cancellationToken));
        var cluster = await clusters.FindAsync(instance.ProjectId, instance.ClusterId, cancellationToken)
            ?? throw new DriverRejectedException(Reasons.ClusterUnreachable, "The cluster is not registered any more.");
        return instance.Operation is InstanceOperation.Delete
            ? await DeleteAsync(instance, cluster, steps, cancellationToken)
            : await ApplyAsync(instance, cluster, steps, cancellationToken);
    }

    private async Task<string> ApplyAsync(Instance instance, ReachableCluster cluster, OperationSteps steps, CancellationToken cancellationToken)
    {
        var revision = await instances.FindRevisionAsync(instance.Id, instance.Revision, cancellationToken);
        if (revision is null)
        {
            if (await RecordAsync(instance, cluster, cancellationToken) is not var (record, values))
            {
                throw new DriverRejectedException(Reasons.PackageMissing, $"The package of {instance.Template} {instance.TargetVersion} is not there.");
            }

            revision = await instances.PlanAsync(instance with { ValuesJson = values }, ReleaseCodec.Encode(record), $"pending-{instance.Operation}", cancellationToken) ?? throw new SupersededException();
        }

        var plan = (await WithFilesAsync(instance, ReleasePlan.Of(ReleaseCodec.Decode(revision.Manifest)), cancellationToken)) with
        {
            Conflicts = InstanceBody.ConflictsOf(instance),
            Operation = instance.Operation,
            Confirm = token => ConfirmAsync(instance, token),
        };
        await steps.FollowAsync(cluster.Driver.ApplyAsync(cluster.Connection, plan, cancellationToken), cancellationToken);
        var health = await cluster.Driver.HealthAsync(cluster.Connection, plan.Key, cancellationToken);
        var ended = instance.Operation is InstanceOperation.Rollback
            ? instance with { PreviousVersion = instance.Version, ValuesJson = revision.ValuesJson }
            : instance;
        return await instances.SucceedAsync(ended, health.State, health.Message, cancellationToken) ? health.State : OperationAttempts.Superseded;
    }

    // Processes need the files of their package, and a record leaves out what is large.
    private async Task<ReleasePlan> WithFilesAsync(Instance instance, ReleasePlan plan, CancellationToken cancellationToken) => plan.All.Any(static o => ProcessSet.Is(o.Id))
        ? plan with { Files = (await catalog.FindAsync(instance.DomainId, instance.Template, instance.TargetVersion, cancellationToken))?.Chart.Files }
        : plan;

    // What is to be brought to the cluster, and the values that it was made of.
    private async Task<(ReleaseRecord Record, string ValuesJson)?> RecordAsync(Instance instance, ReachableCluster cluster, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var before = await instances.FindPlannedAsync(instance.Id, cancellationToken);
        if (instance.Operation is InstanceOperation.Rollback)
        {
            return await instances.FindDeployedAsync(instance.Id, instance.TargetVersion, cancellationToken) is { } target
                ? (ReleaseCodec.Decode(target.Manifest) with { Revision = (int)instance.Revision, LastDeployed = now, Description = $"Rollback to {target.Number}" }, target.ValuesJson)
                : null;
        }

        return await planner.PlanAsync(instance, before is null ? null : ReleaseCodec.Decode(before.Manifest), cluster, cancellationToken) is { } plan
            ? (plan.Record, instance.ValuesJson)
            : null;
    }

    private async Task<string> DeleteAsync(Instance instance, ReachableCluster cluster, OperationSteps steps, CancellationToken cancellationToken)
    {
        // What was never planned is in no cluster.
        if (await instances.FindPlannedAsync(instance.Id, cancellationToken) is { } planned)
        {
            var key = ReleaseCodec.Decode(planned.Manifest).Key;
            var deletes = await DeletesCustomResourcesAsync(instance, cancellationToken);
            var how = new UninstallOptions { DeletesCustomResources = deletes, Confirm = token => ConfirmAsync(instance, token) };
            await steps.FollowAsync(cluster.Driver.UninstallAsync(cluster.Connection, key, how, cancellationToken), cancellationToken);
        }

        return await instances.EndAsync(instance, cancellationToken) ? "deleteSuccess" : OperationAttempts.Superseded;
    }

    // Of a package that cannot be read they stay.
    private async Task<bool> DeletesCustomResourcesAsync(Instance instance, CancellationToken cancellationToken)
    {
        try
        {
            return await catalog.FindAsync(instance.DomainId, instance.Template, instance.Version, cancellationToken) is { DeletesCustomResources: true };
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private async Task ConfirmAsync(Instance instance, CancellationToken cancellationToken)
    {
        if (!await instances.IsUnderWayAsync(instance, cancellationToken))
        {
            throw new SupersededException();
        }
    }
}
