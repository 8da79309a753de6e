using System.Text.Json;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Instances;
using Stagedoor.Background.Jobs;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Prechecks;

/// <summary>Looks at an add-on. It changes nothing in the cluster, so that an attempt after another one begins at the front.</summary>
internal sealed class PrecheckJob(PrecheckStore prechecks, ClusterStore clusters, ClusterAccess access, PrecheckRun checks, OperationAttempts attempts) : IJobHandler
{
    public const string Name = "addons.precheck";

    public string Kind => Name;

    /// <inheritdoc/>
    /// <exception cref="StorageException">The database failed; it is tried again.</exception>
    public async Task<string?> RunAsync(JobRun run, CancellationToken cancellationToken) =>
        await prechecks.BeginAsync(run.Job.Argument!, cancellationToken) is not { } precheck
            ? OperationAttempts.Superseded
            : await attempts.RunAsync(
                run.Job,
                new()
                {
                    Operation = "precheck",
                    DoAsync = (_, token) => DoAsync(precheck, token),
                    ReportAsync = (message, token) => prechecks.ReportAsync(precheck, message, token),

                    // Written down even while the process stops, or it would be done again to no other end.
                    FailAsync = (reason, message) => FailAsync(precheck, reason, message, CancellationToken.None),
                },
                cancellationToken);

    public async Task HearFailureAsync(Job job, string reason, CancellationToken cancellationToken)
    {
        if (await prechecks.FindUnderWayAsync(job.Argument!, cancellationToken) is { } precheck)
        {
            await FailAsync(precheck, Reasons.Interrupted, "The precheck was interrupted too often; see the log of the server.", cancellationToken);
        }
    }

    public async Task<JobOwner?> FindOwnerAsync(Job job, CancellationToken cancellationToken) =>
        await prechecks.FindUnderWayAsync(job.Argument!, cancellationToken) is { } precheck ? new(precheck.DomainId, "") : null;

    private async Task<string> DoAsync(Precheck precheck, CancellationToken cancellationToken)
    {
        var cluster = await clusters.FindAsync(precheck.ProjectId, precheck.ClusterId, cancellationToken)
            ?? throw new DriverRejectedException(Reasons.ClusterUnreachable, "The cluster is not registered any more.");
        return await FinishAsync(precheck, await checks.RunAsync(precheck, cluster, access.Open(cluster), cancellationToken), cancellationToken)
            ? "finished"
            : OperationAttempts.Superseded;
    }

    private Task<bool> FailAsync(Precheck precheck, string reason, string message, CancellationToken cancellationToken) =>
        FinishAsync(precheck, [Risk.Of(reason, Risk.Fatal, message)], cancellationToken);

    private Task<bool> FinishAsync(Precheck precheck, IReadOnlyList<Risk> risks, CancellationToken cancellationToken)
    {
        List<Risk> there = [.. risks.Where(static r => r.IsThere)];
        return prechecks.FinishAsync(
            precheck,
            there.Count > 0 ? PrecheckStatus.Failed : PrecheckStatus.Success,
            string.Join("; ", there.Select(static r => $"{r.RiskName}: {r.Message}")),
            JsonSerializer.Serialize(risks, PrecheckJson.Wire.IReadOnlyListRisk),
            cancellationToken);
    }
}
