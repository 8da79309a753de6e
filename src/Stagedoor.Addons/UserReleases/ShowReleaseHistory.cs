using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.UserReleases;

/// <summary><c>GET /cce/cam/v3/clusters/{cluster_id}/namespace/{namespace}/releases/{name}/history</c></summary>
internal static class ShowReleaseHistory
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/history", HandleAsync)
        .WithName(nameof(ShowReleaseHistory))
        .WithSummary("Show the revisions of a release, the oldest first")
        .Answers<IReadOnlyList<ReleaseView>>(200, "Those that are kept.")
        .Action("cce:release:get")
        .CanFail(AddonsCodes.NotFound, AddonsCodes.GetInstanceFailed, AddonsCodes.ConvertResponseFailed);

    private static async Task<IResult> HandleAsync(HttpContext context, Caller caller, ReleaseDesk desk, ReleaseStore releases, CancellationToken cancellationToken)
    {
        var key = ReleasePath.Key(context);
        var cluster = await desk.OpenAsync(caller, ReleasePath.ClusterId(context), cancellationToken);
        var state = await desk.FindAsync(cluster, key, cancellationToken);
        if (!state.IsThere)
        {
            return AddonsError.ReleaseNotFound(key);
        }

        // What others have made of it is in the cluster alone.
        var revisions = new SortedDictionary<int, ReleaseView>();
        foreach (var record in state.Own is { IsBusy: true } ? [] : await desk.ReadHistoryAsync(cluster, key, cancellationToken))
        {
            revisions[record.Revision] = ReleaseAnswers.OfRecord(cluster, record);
        }

        foreach (var revision in state.Own is null ? [] : await releases.ListRevisionsAsync(state.Own.Id, cancellationToken))
        {
            revisions[(int)revision.Number] = ReleaseAnswers.OfRevision(cluster, state.Own!, revision);
        }

        return TypedResults.Json([.. revisions.Values], ReleasesJson.Wire.IReadOnlyListReleaseView);
    }
}
