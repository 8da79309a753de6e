using System.Text.Json;
using Microsoft.Extensions.Options;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Drivers.Processes;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Background.Jobs;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Instances;

/// <summary>
/// Does an operation of an instance. Cut off anywhere and begun again it goes on: the plan is kept before anything of it is applied, applying it twice is
/// applying it once, and only the operation that is still under way changes the instance.
/// </summary>
internal sealed class OperationJob(
    InstanceStore instances, AddonsJobs jobs, AddonsDb db, IAddonCatalog catalog, IClusterAccess clusters, AddonPlanner planner, TimeProvider clock,
    IOptions<OperationOptions> options) : IJobHandler
{
    public const string Name = "addons.operation";

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    public string Kind => Name;

    /// <inheritdoc/>
    /// <exception cref="StorageException">The database failed; it is tried again.</exception>
    public async Task<string?> RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        var work = JsonSerializer.Deserialize(run.Job.Argument!, InstancesJson.Wire.OperationWork)!;
        await WaitForAsync(work.After, cancellationToken);
        if (await instances.FindOperationAsync(work.InstanceId, work.Generation, cancellationToken) is not { } instance)
        {
            return "superseded";
        }

        // From when it was asked for: whoever takes it over has no more time than the one who began it.
        var seconds = instance.Operation is InstanceOperation.Delete ? options.Value.DeleteTimeoutSeconds : options.Value.TimeoutSeconds;
        var left = TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(await db.ReadClockAsync(cancellationToken) - run.Job.CreatedAt);
        using var late = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return await WaitBehindAsync(instance, work.Behind, both.Token) is { } lost
                ? await FailAsync(instance, Reasons.Interrupted, $"What it requires was not installed: {lost}")
                : await WithPatienceAsync(instance, both.Token);
        }
        catch (SupersededException)
        {
            return "superseded";
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return await FailAsync(instance, Reasons.Timeout, $"The {instance.Operation} took longer than {seconds} seconds.");
        }
        catch (DriverUnavailableException e)
        {
            return await FailAsync(instance, Reasons.ClusterUnreachable, e.Message);
        }
        catch (DriverRejectedException e)
        {
            return await FailAsync(instance, e.Reason, e.Message);
        }
        catch (DriverDataException e)
        {
            return await FailAsync(instance, Reasons.ApplyRejected, e.Message);
        }
        catch (Exception e) when (e is TemplateException or FormatException)
        {
            return await FailAsync(instance, Reasons.RenderFailed, e.Message);
        }
    }

    public async Task HearFailureAsync(Job job, string reason, CancellationToken cancellationToken)
    {
        var work = JsonSerializer.Deserialize(job.Argument!, InstancesJson.Wire.OperationWork)!;
        if (await instances.FindOperationAsync(work.InstanceId, work.Generation, cancellationToken) is { } instance)
        {
            await instances.FailAsync(instance, Reasons.Interrupted, "The operation was interrupted too often; see the log of the server.", cancellationToken);
        }
    }

    public async Task<JobOwner?> FindOwnerAsync(Job job, CancellationToken cancellationToken)
    {
        var work = JsonSerializer.Deserialize(job.Argument!, InstancesJson.Wire.OperationWork)!;
        return await instances.FindOperationAsync(work.InstanceId, work.Generation, cancellationToken) is { } instance ? new(instance.DomainId, "") : null;
    }

    // What is being undone must not go on beside it.
    private async Task WaitForAsync(string? workKey, CancellationToken cancellationToken)
    {
        while (workKey is not null && await jobs.Store.FindUnfinishedAsync(Name, workKey, cancellationToken) is { } earlier)
        {
            await jobs.Store.CancelAsync(earlier.Id, cancellationToken);
            await Task.Delay(s_look, clock, cancellationToken);
        }
    }

    // What an add-on requires has to be there first. Answers what is not coming; null when all is there.
    private async Task<string?> WaitBehindAsync(Instance instance, IReadOnlyList<string>? others, CancellationToken cancellationToken)
    {
        foreach (var id in others ?? [])
        {
            while (true)
            {
                await ConfirmAsync(instance, cancellationToken);
                var other = await instances.FindAnyAsync(id, cancellationToken);
                if (other is null || (other.Operation is not InstanceOperation.Install && other.Status is InstanceStatus.InstallFailed or InstanceStatus.Deleting or InstanceStatus.DeleteFailed))
                {
                    return other is null ? $"the instance {id} is gone" : $"{other.Template} is {other.Status}: {other.Message}";
                }

                if (other.Operation is not InstanceOperation.Install)
                {
                    break;
                }

                await Task.Delay(s_look, clock, cancellationToken);
            }
        }

        return null;
    }

    // A cluster that does not answer may do so a moment later.
    private async Task<string> WithPatienceAsync(Instance instance, CancellationToken cancellationToken)
    {
        var since = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return await DoAsync(instance, cancellationToken);
            }
            catch (DriverUnavailableException e) when (clock.GetElapsedTime(since) < TimeSpan.FromSeconds(options.Value.UnreachableSeconds))
            {
                await ReportAsync(instance, $"The cluster does not answer, it is tried again: {e.Message}", cancellationToken);
                await Task.Delay(s_retry, clock, cancellationToken);
            }
        }
    }

    private async Task<string> DoAsync(Instance instance, CancellationToken cancellationToken)
    {
        if (await clusters.FindAsync(instance.ProjectId, instance.ClusterId, cancellationToken) is not { } cluster)
        {
            return await FailAsync(instance, Reasons.ClusterUnreachable, "The cluster is not registered any more.");
        }

        return instance.Operation is InstanceOperation.Delete ? await DeleteAsync(instance, cluster, cancellationToken) : await ApplyAsync(instance, cluster, cancellationToken);
    }

    private async Task<string> ApplyAsync(Instance instance, ReachableCluster cluster, CancellationToken cancellationToken)
    {
        var revision = await instances.FindRevisionAsync(instance.Id, instance.Revision, cancellationToken);
        if (revision is null)
        {
            if (await RecordAsync(instance, cluster, cancellationToken) is not var (record, values))
            {
                return await FailAsync(instance, Reasons.PackageMissing, $"The package of {instance.Template} {instance.TargetVersion} is not there.");
            }

            revision = await instances.PlanAsync(instance with { ValuesJson = values }, ReleaseCodec.Encode(record), $"pending-{instance.Operation}", cancellationToken) ?? throw new SupersededException();
        }

        var plan = (await WithFilesAsync(instance, ReleasePlan.Of(ReleaseCodec.Decode(revision.Manifest)), cancellationToken)) with
        {
            Conflicts = InstanceBody.ConflictsOf(instance),
            Confirm = token => ConfirmAsync(instance, token),
        };
        var said = clock.GetTimestamp();
        await foreach (var step in cluster.Driver.ApplyAsync(cluster.Connection, plan, cancellationToken))
        {
            if (clock.GetElapsedTime(said) >= s_retry)
            {
                said = clock.GetTimestamp();
                await ReportAsync(instance, step.Message, cancellationToken);
            }
        }

        var health = await cluster.Driver.HealthAsync(cluster.Connection, plan.Key, cancellationToken);
        var ended = instance.Operation is InstanceOperation.Rollback
            ? instance with { PreviousVersion = instance.Version, ValuesJson = revision.ValuesJson }
            : instance;
        return await instances.SucceedAsync(ended, health.State, health.Message, cancellationToken) ? health.State : "superseded";
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

    private async Task<string> DeleteAsync(Instance instance, ReachableCluster cluster, CancellationToken cancellationToken)
    {
        // What was never planned is in no cluster.
        if (await instances.FindPlannedAsync(instance.Id, cancellationToken) is { } planned)
        {
            var key = ReleaseCodec.Decode(planned.Manifest).Key;
            var deletes = await DeletesCustomResourcesAsync(instance, cancellationToken);
            var how = new UninstallOptions { DeletesCustomResources = deletes, Confirm = token => ConfirmAsync(instance, token) };
            await foreach (var step in cluster.Driver.UninstallAsync(cluster.Connection, key, how, cancellationToken))
            {
                await ReportAsync(instance, step.Message, cancellationToken);
            }
        }

        return await instances.EndAsync(instance, cancellationToken) ? "deleteSuccess" : "superseded";
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
        if (await instances.FindOperationAsync(instance.Id, instance.Generation, cancellationToken) is null)
        {
            throw new SupersededException();
        }
    }

    private async Task ReportAsync(Instance instance, string message, CancellationToken cancellationToken)
    {
        if (!await instances.ReportAsync(instance, message, cancellationToken))
        {
            throw new SupersededException();
        }
    }

    // Written down even while the process stops, or it would be done again to no other end.
    private async Task<string> FailAsync(Instance instance, string reason, string message) =>
        await instances.FailAsync(instance, reason, message, CancellationToken.None) ? reason : "superseded";

#pragma warning disable CA1064 // It never leaves this class.
    /// <summary>The operation is not under way any more.</summary>
    private sealed class SupersededException : Exception;
#pragma warning restore CA1064
}
