using System.Text.Json;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Templates;
using Stagedoor.Http;

namespace Stagedoor.Addons.Prechecks;

/// <summary>What is looked at, one thing after the other. Nothing is changed by it.</summary>
internal sealed class PrecheckRun(InstanceStore instances, TemplateStore templates, Install install, AddonPlanner planner)
{
    private const int MaxListed = 10;

    /// <summary>Looks at all of it.</summary>
    /// <exception cref="DriverException">The cluster does not answer, or what it has cannot be understood.</exception>
    public async Task<IReadOnlyList<Risk>> RunAsync(Precheck precheck, Cluster row, ReachableCluster cluster, CancellationToken cancellationToken)
    {
        var instance = await instances.FindAnyAsync(precheck.InstanceId, cancellationToken)
            ?? throw new DriverRejectedException(Reasons.Interrupted, "The instance is not there any more.");
        var number = precheck.IsUpgrade ? precheck.TargetVersion : instance.Version;
        var version = await templates.FindVersionAsync(precheck.DomainId, precheck.Template, number, cancellationToken)
            ?? throw new DriverRejectedException(Reasons.PackageMissing, $"{precheck.Template} {number} is not published any more.");
        var facts = await cluster.Driver.ProbeAsync(cluster.Connection, cancellationToken);
        var risks = new List<Risk>
        {
            OfStatus(instance, precheck.IsUpgrade),

            // What it is now, whatever it was registered as.
            Risk.Of(RiskNames.ClusterVersion, Risk.Fatal, AddonRules.FindProblem(version, facts.Version.Length > 0 ? row with { Version = facts.Version } : row)),
        };
        var rules = new AddonRules(await templates.ListRulesAsync(precheck.DomainId, cancellationToken));
        var installed = await instances.ListAsync(precheck.ClusterId, cancellationToken);
        risks.Add(Risk.Of(RiskNames.Dependencies, Risk.Fatal, AddonRules.FindMissing(version, installed) ?? rules.FindLoss(version, installed)));
        risks.Add(Risk.Of(RiskNames.Conflicts, Risk.Fatal, rules.FindConflict(version, installed)));

        var revision = await instances.FindPlannedAsync(instance.Id, cancellationToken);
        var record = revision is null ? null : ReleaseCodec.Decode(revision.Manifest);
        var there = record is null ? null : ReleasePlan.Of(record);
        risks.Add(Risk.Of(RiskNames.Drift, Risk.Warning, there is null ? null : await FindDriftAsync(there, cluster, cancellationToken)));
        var plan = precheck.IsUpgrade ? await PlanAsync(precheck, instance, version, row, record, cluster, risks, cancellationToken) : there;
        if (plan is not null)
        {
            risks.Add(Risk.Of(RiskNames.RemovedApis, Risk.Fatal, ServedApis.FindProblem(plan, facts, isComplete: cluster.Driver is IClusterInspector)));
        }

        if (plan is not null && precheck.IsUpgrade)
        {
            risks.Add(await StorageVersions.FindAsync(plan, there, cluster, cancellationToken));
            await TryAsync(plan, cluster, risks, cancellationToken);
        }

        return risks;
    }

    private static Risk OfStatus(Instance instance, bool isUpgrade) => isUpgrade && (instance.IsBusy || !InstanceStatus.IsChangeable(instance.Status))
        ? Risk.Of(RiskNames.InstanceStatus, Risk.Fatal, $"the instance is {instance.Status}: it cannot be upgraded now")
        : Risk.Of(RiskNames.InstanceStatus, Risk.Warning, instance.Status is InstanceStatus.Running ? null : $"the instance is {instance.Status}: {instance.Message}");

    private static async Task<string?> FindDriftAsync(ReleasePlan there, ReachableCluster cluster, CancellationToken cancellationToken)
    {
        try
        {
            var report = await cluster.Driver.DiffAsync(cluster.Connection, there, cancellationToken);
            return report.IsEmpty ? null : $"what is in the cluster is not what was installed: {Listed([.. report.Objects.Select(static o => $"{o.Id} ({o.Change})")])}";
        }
        catch (DriverDataException e)
        {
            return e.Message;
        }
    }

    private async Task<ReleasePlan?> PlanAsync(
        Precheck precheck, Instance instance, AddonVersion version, Cluster row, ReleaseRecord? record, ReachableCluster cluster, List<Risk> risks, CancellationToken cancellationToken)
    {
        string values;
        try
        {
            values = precheck.ValuesJson.Length > 0
                ? await install.CheckValuesAsync(version, JsonElement.Parse(precheck.ValuesJson), null, row, cancellationToken)
                : await install.CheckValuesAsync(version, JsonElement.Parse("{}"), instance.ValuesJson, row, cancellationToken);
        }
        catch (ApiException e)
        {
            risks.Add(Risk.Of(RiskNames.Values, Risk.Fatal, e.Detail));
            return null;
        }

        risks.Add(Risk.Of(RiskNames.Values, Risk.Fatal, null));
        var next = instance with { TargetVersion = version.Version, Operation = InstanceOperation.Upgrade, Revision = instance.Revision + 1, ValuesJson = values };
        try
        {
            var plan = await planner.PlanAsync(next, record, cluster, cancellationToken);
            risks.Add(Risk.Of(RiskNames.Rendering, Risk.Fatal, plan is null ? $"the package of {version.Template} {version.Version} is gone" : null));
            return plan;
        }
        catch (Exception e) when (e is TemplateException or FormatException)
        {
            risks.Add(Risk.Of(RiskNames.Rendering, Risk.Fatal, e.Message));
            return null;
        }
    }

    // Only a server can say what it would refuse.
    private static async Task TryAsync(ReleasePlan plan, ReachableCluster cluster, List<Risk> risks, CancellationToken cancellationToken)
    {
        if (cluster.Driver is not IClusterInspector inspector)
        {
            return;
        }

        var refused = await inspector.TryAllAsync(cluster.Connection, plan, cancellationToken);
        risks.Add(Risk.Of(RiskNames.ImmutableFields, Risk.Fatal, Listed([.. refused.Where(static r => r.IsImmutable).Select(static r => r.Message)])));
        risks.Add(Risk.Of(RiskNames.DryRun, Risk.Fatal, Listed([.. refused.Where(static r => !r.IsImmutable).Select(static r => r.Message)])));
    }

    private static string Listed(IReadOnlyList<string> some) => $"{string.Join(", ", some.Take(MaxListed))}{(some.Count > MaxListed ? $" and {some.Count - MaxListed} more" : "")}";
}
