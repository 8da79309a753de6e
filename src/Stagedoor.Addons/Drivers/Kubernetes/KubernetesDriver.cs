using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Drivers.Kubernetes;

/// <summary>
/// Brings releases to clusters over their API servers: objects are applied on the server's side, and records of releases are kept where Helm keeps them, so that
/// <c>helm list</c> and <c>helm history</c> show them. Each step can be done again: whoever takes over after a crash begins at the front.
/// </summary>
internal sealed partial class KubernetesDriver(ClusterApis apis, TimeProvider clock) : IClusterDriver, IClusterInspector
{
    private const string Uninstalling = "uninstalling";

    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    // Definitions are served a moment after they are there.
    private static readonly TimeSpan s_served = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_established = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_gone = TimeSpan.FromSeconds(120);

    public string Name => "kubernetes";

    public async ValueTask<ClusterFacts> ProbeAsync(ClusterConnection cluster, CancellationToken cancellationToken) =>
        await apis.Open(cluster).Kinds.ReadAsync(cancellationToken);

    public async ValueTask<string> ReadVersionAsync(ClusterConnection cluster, CancellationToken cancellationToken) =>
        await apis.Open(cluster).Kinds.ReadVersionAsync(cancellationToken);

    public async ValueTask<ReleaseRecord?> ReadReleaseAsync(ClusterConnection cluster, ReleaseKey key, CancellationToken cancellationToken) =>
        (await new ReleaseSecrets(apis.Open(cluster), clock).ListAsync(key, cancellationToken)) is [var latest, ..] ? latest.Decode() : null;

    public async ValueTask<IReadOnlyList<ReleaseRecord>> ReadHistoryAsync(ClusterConnection cluster, ReleaseKey key, CancellationToken cancellationToken) =>
        [.. (await new ReleaseSecrets(apis.Open(cluster), clock).ListAsync(key, cancellationToken)).Select(static s => s.TryDecode()).OfType<ReleaseRecord>()];

    public async ValueTask<IReadOnlyList<ReleaseSummary>> ListReleasesAsync(ClusterConnection cluster, string? @namespace, CancellationToken cancellationToken) =>
    [
        .. (await new ReleaseSecrets(apis.Open(cluster), clock).ListLatestAsync(@namespace, cancellationToken)).OrderBy(static s => s.Key.ToString(), StringComparer.Ordinal)
            .Select(static s => s.TryDecode() is { } record ? ReleaseSummary.Of(record) : new(s.Key, s.Revision, ReleaseStatus.Unknown, "", "", 0)),
    ];

    public async ValueTask<DiffReport> DiffAsync(ClusterConnection cluster, ReleasePlan plan, CancellationToken cancellationToken)
    {
        var api = apis.Open(cluster);
        var there = (await new ReleaseSecrets(api, clock).ListAsync(plan.Key, cancellationToken)) is [var latest, ..] ? ReleasePlan.Of(latest.Decode()) : null;
        var diffs = new List<ObjectDiff?>();
        foreach (var planned in plan.All)
        {
            var live = await FindAsync(api, planned, plan.Key, cancellationToken);
            diffs.Add(ObjectComparison.Between(
                planned.Id,
                live is null ? null : LiveObject.TextOf(live),
                live is null ? planned.Text : LiveObject.TextOf(await TryAsync(api, planned, plan, cancellationToken) ?? planned.Content)));
        }

        var wanted = plan.All.Select(static p => p.Id).ToHashSet();
        foreach (var old in (there?.All ?? []).Where(o => !wanted.Contains(o.Id) && !o.IsKept))
        {
            if (await FindAsync(api, old, plan.Key, cancellationToken) is { } live && LiveObject.IsOf(live, plan.Key))
            {
                diffs.Add(ObjectComparison.Between(old.Id, LiveObject.TextOf(live), null));
            }
        }

        return new([.. diffs.OfType<ObjectDiff>()]);
    }

    public async ValueTask<HealthReport> HealthAsync(ClusterConnection cluster, ReleaseKey key, CancellationToken cancellationToken)
    {
        var api = apis.Open(cluster);
        if (await new ReleaseSecrets(api, clock).ListAsync(key, cancellationToken) is not [var latest, ..])
        {
            return new(HealthReport.Abnormal, "The record of the release is not there.", []);
        }

        var (found, _) = await LookAsync(api, ReleasePlan.Of(latest.Decode()), cancellationToken);
        var wrong = found.Where(static f => !f.Readiness.IsWhole).ToList();
        var state = wrong.Count == 0 ? HealthReport.Running : found.Any(static f => f.IsWorkload ? f.Readiness.IsPartly : false)
            || (!found.Exists(static f => f.IsWorkload) && wrong.Count < found.Count) ? HealthReport.Available : HealthReport.Abnormal;
        return new(
            state,
            Text.Cut(string.Join("; ", wrong.Select(static w => w.Readiness.Message)), 2_000),
            [.. found.Select(static f => new ObjectHealth(f.Id, f.Readiness.IsWhole, f.Readiness.Message))]);
    }

    // All objects of a plan with how they are.
    private static async Task<(List<Seen> Found, Seen? Failed)> LookAsync(ClusterApi api, ReleasePlan plan, CancellationToken cancellationToken)
    {
        var found = new List<Seen>();
        foreach (var planned in plan.All)
        {
            var live = await FindAsync(api, planned, plan.Key, cancellationToken);
            found.Add(new(planned.Id, live is null ? new(false, false, false, $"{planned.Id} is not there") : Readiness.Of(planned.Id, live)));
        }

        return (found, found.Find(static f => f.Readiness.HasFailed));
    }

    private static async Task<GoMap?> FindAsync(ClusterApi api, PlannedObject planned, ReleaseKey key, CancellationToken cancellationToken) =>
        await api.Kinds.FindAsync(planned.ApiVersion, planned.Id.Kind, cancellationToken) is { } kind ? await api.FindAsync(PathOf(kind, planned.Id, key), cancellationToken) : null;

    private static string PathOf(ResourceKind kind, ObjectId id, ReleaseKey key) => kind.PathOf(id.Namespace.Length > 0 ? id.Namespace : key.Namespace, id.Name);

    // What the server would make of an object; null where it cannot say so before others are there.
    private static async Task<GoMap?> TryAsync(ClusterApi api, PlannedObject planned, ReleasePlan plan, CancellationToken cancellationToken)
    {
        if (await api.Kinds.FindAsync(planned.ApiVersion, planned.Id.Kind, cancellationToken) is not { } kind)
        {
            return null;
        }

        var answer = await SendAsync(api, kind, planned, plan, isTry: true, cancellationToken);
        return answer.IsDone ? answer.Body : null;
    }

    // One object, until it is applied or refused: fields that others have are overwritten, left to them, or a reason to refuse.
    private static async Task<ApiAnswer> SendAsync(ClusterApi api, ResourceKind kind, PlannedObject planned, ReleasePlan plan, bool isTry, CancellationToken cancellationToken)
    {
        var path = $"{PathOf(kind, planned.Id, plan.Key)}?fieldManager=stagedoor{(plan.Conflicts is "overwrite" ? "&force=true" : "")}{(isTry ? "&dryRun=All" : "")}";
        var content = LiveObject.ToSend(planned);
        for (var left = 1; ; left++)
        {
            var answer = await api.ApplyAsync(path, content, cancellationToken);
            if (answer is not { Status: 409, Conflicts: { Count: > 0 } conflicts })
            {
                return answer;
            }

            if (plan.Conflicts is not "preserve" || left > MaxPreserved)
            {
                throw new DriverRejectedException(
                    Reasons.ApplyConflict, $"{planned.Id} has fields that others have changed: {string.Join(", ", conflicts.Select(static c => $"{c.Field} ({c.Manager})"))}");
            }

            content = conflicts.Aggregate(content, static (map, conflict) => LiveObject.Without(map, conflict.Field));
        }
    }

    private sealed record Seen(ObjectId Id, Readiness Readiness)
    {
        public bool IsWorkload => Id is { Group: "apps", Kind: "Deployment" or "StatefulSet" or "DaemonSet" or "ReplicaSet" } or { Group: "", Kind: "Pod" or "ReplicationController" };
    }
}
