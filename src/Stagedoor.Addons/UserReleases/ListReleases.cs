using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Releases;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.UserReleases;

/// <summary><c>GET /cce/cam/v3/clusters/{cluster_id}/releases</c></summary>
internal static class ListReleases
{
    private const string Chart = "chart_id";

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("", HandleAsync)
        .WithName(nameof(ListReleases))
        .WithSummary("List the releases of a cluster, those too that others have made")
        .QueryParameter(Chart, "Only those of this chart.")
        .QueryParameter(ReleasePath.Namespace, "Only those in this namespace.")
        .Answers<IReadOnlyList<ReleaseView>>(200, "All of them. One whose record cannot be read is UNKNOWN.")
        .Action("cce:release:list")
        .CanFail(AddonsCodes.NotFound, AddonsCodes.GetInstanceFailed, AddonsCodes.ConvertResponseFailed);

    private static async Task<IResult> HandleAsync(HttpContext context, Caller caller, ReleaseDesk desk, ReleaseStore releases, CancellationToken cancellationToken)
    {
        var place = ReleasePath.Query(context, ReleasePath.Namespace);
        if (place is not null && !UserRelease.IsValidNamespace(place))
        {
            return AddonsError.Invalid(ReleasePath.Namespace, "is no namespace");
        }

        var cluster = await desk.OpenAsync(caller, ReleasePath.ClusterId(context), cancellationToken);
        var there = await desk.AskAsync(async token => await cluster.Reach.Driver.ListReleasesAsync(cluster.Reach.Connection, place, token), cancellationToken);
        var latest = (await releases.ListLatestAsync(cluster.Row.Id, cancellationToken)).ToDictionary(static r => r.ReleaseId, StringComparer.Ordinal);
        var own = (await releases.ListAsync(cluster.Row.Id, place, cancellationToken)).ToDictionary(static r => r.Key);
        var found = new List<(ReleaseKey Key, string ChartId, ReleaseView View)>();
        foreach (var summary in there)
        {
            // What was asked for here counts unless somebody else has changed it since.
            found.Add(own.Remove(summary.Key, out var known) && (known.IsBusy || known.Revision >= summary.Revision) && summary.Status is not ReleaseStatus.Unknown
                ? Own(cluster, known, latest)
                : (summary.Key, "", ReleaseAnswers.OfSummary(cluster, summary)));
        }

        // Those that are not there yet. One that was and that somebody has taken away is gone.
        found.AddRange(own.Values.Where(static r => r.IsBusy || r.Status is ReleaseStatus.Failed).Select(r => Own(cluster, r, latest)));
        var chart = ReleasePath.Query(context, Chart);
        return TypedResults.Json(
            [.. found.Where(f => chart is null || string.Equals(f.ChartId, chart, StringComparison.Ordinal))
                .OrderBy(static f => f.Key.Namespace, StringComparer.Ordinal).ThenBy(static f => f.Key.Name, StringComparer.Ordinal).Select(static f => f.View)],
            ReleasesJson.Wire.IReadOnlyListReleaseView);
    }

    private static (ReleaseKey Key, string ChartId, ReleaseView View) Own(OpenCluster cluster, UserRelease release, Dictionary<string, UserRevision> latest)
    {
        var revision = latest.GetValueOrDefault(release.Id);
        return (release.Key, revision?.ChartId ?? "", ReleaseAnswers.OfOwn(cluster, release, revision, null));
    }
}
