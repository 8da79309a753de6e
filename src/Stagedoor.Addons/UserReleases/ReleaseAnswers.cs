using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Stagedoor.Addons.Requests;

namespace Stagedoor.Addons.UserReleases;

/// <summary>Makes answers of what is known of a release.</summary>
internal static class ReleaseAnswers
{
    /// <summary>The release as it is.</summary>
    public static ReleaseView Of(OpenCluster cluster, ReleaseState state, string resources = "") =>
        state is { IsOwn: true, Own: { } own } ? OfOwn(cluster, own, state.Latest, state.Record, resources) : OfRecord(cluster, state.Record!, resources);

    /// <summary>A release that was asked for here.</summary>
    public static ReleaseView OfOwn(OpenCluster cluster, UserRelease own, UserRevision? latest, ReleaseRecord? record, string resources = "")
    {
        var known = record is null || latest is not null ? null : OfRecord(cluster, record, resources);
        return new(
            latest?.ChartName ?? known?.ChartName ?? "", false, latest?.ChartVersion ?? known?.ChartVersion ?? "", cluster.Row.Id, cluster.Row.Name, RequestBody.Time(own.CreatedAt),
            latest?.Description ?? known?.Description ?? "", own.Name, own.Namespace, latest?.Parameters ?? "{}", resources, StatusOf(own.Status), own.Message,
            RequestBody.Time(own.UpdatedAt), latest?.ValuesJson ?? known?.Values ?? "{}", (int)own.Revision);
    }

    /// <summary>One of its revisions.</summary>
    public static ReleaseView OfRevision(OpenCluster cluster, UserRelease own, UserRevision revision) => new(
        revision.ChartName, false, revision.ChartVersion, cluster.Row.Id, cluster.Row.Name, RequestBody.Time(own.CreatedAt), revision.Description, own.Name, own.Namespace,
        revision.Parameters, "", StatusOf(revision.Status), revision.Description, RequestBody.Time(revision.CreatedAt), revision.ValuesJson, (int)revision.Number);

    /// <summary>A release as its cluster has it.</summary>
    public static ReleaseView OfRecord(OpenCluster cluster, ReleaseRecord record, string resources = "")
    {
        var chart = record.Chart.Table("metadata") ?? [];
        return new(
            chart.Text("name"), false, chart.Text("version"), cluster.Row.Id, cluster.Row.Name, Time(record.FirstDeployed), record.Description, record.Key.Name, record.Key.Namespace,
            "{}", resources, StatusOf(record.Status), record.Description, Time(record.LastDeployed), JsonText.Write(record.Config, escapeHtml: false), record.Revision);
    }

    /// <summary>A release in a list, of which no more is known.</summary>
    public static ReleaseView OfSummary(OpenCluster cluster, ReleaseSummary summary) => new(
        summary.ChartName, false, summary.ChartVersion, cluster.Row.Id, cluster.Row.Name, RequestBody.Time(summary.UpdatedAt), "", summary.Key.Name, summary.Key.Namespace, "{}", "",
        StatusOf(summary.Status), summary.Status is ReleaseStatus.Unknown ? "its record cannot be read" : "", RequestBody.Time(summary.UpdatedAt), "", summary.Revision);

    /// <summary>What a release would be that is only rendered.</summary>
    public static ReleaseView OfPlan(OpenCluster cluster, ReleasePlan plan, string status, string parameters, bool hasHooks) => OfRecord(cluster, plan.Record, Resources(plan, null, hasHooks)) with
    {
        Status = StatusOf(status),
        StatusDescription = "Dry run complete",
        Parameters = parameters,
    };

    /// <summary>The objects of a release as JSON.</summary>
    public static string Resources(ReleasePlan plan, HealthReport? health, bool hasHooks)
    {
        var known = health?.Objects.ToDictionary(static o => o.Id) ?? [];
        IReadOnlyList<ReleaseResource> all =
        [
            .. plan.All.Select(o => Of(o.ApiVersion, o.Id, o.Content, known.GetValueOrDefault(o.Id))),
            .. (hasHooks ? plan.Hooks : []).Select(static h => Of(h.ApiVersion, ObjectId.Of(h.ApiVersion, h.Kind, h.Namespace, h.Name), h.Content, null)),
        ];
        return System.Text.Json.JsonSerializer.Serialize(all, ReleasesJson.Wire.IReadOnlyListReleaseResource);
    }

    /// <summary>A status as the interface spells it.</summary>
    public static string StatusOf(string status) => status switch
    {
        ReleaseStatus.Uninstalled => "DELETED",
        ReleaseStatus.Uninstalling => "DELETING",
        ReleaseStatus.Deployed or ReleaseStatus.Failed or ReleaseStatus.Superseded or ReleaseStatus.PendingInstall or ReleaseStatus.PendingUpgrade or ReleaseStatus.PendingRollback =>
            status.ToUpperInvariant().Replace('-', '_'),
        _ => "UNKNOWN",
    };

    private static ReleaseResource Of(string apiVersion, ObjectId id, GoMap content, ObjectHealth? health) => new(
        apiVersion, id.Kind, id.Namespace, id.Name, health?.IsReady, health is { Message.Length: > 0 } ? health.Message : null, new(JsonText.Write(ObjectComparison.Masked(id, content), escapeHtml: false)));

    private static string Time(DateTimeOffset time) => RequestBody.Time(time.ToUnixTimeMilliseconds());
}
