using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.UserReleases;

/// <summary><c>GET /cce/cam/v3/clusters/{cluster_id}/namespace/{namespace}/releases/{name}</c></summary>
internal static class ShowRelease
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("", HandleAsync)
        .WithName(nameof(ShowRelease))
        .WithSummary("Show a release")
        .QueryParameter("show_resources", "true: with its objects.")
        .Answers<ReleaseView>(200, "What it is.")
        .Action("cce:release:get")
        .CanFail(AddonsCodes.NotFound, AddonsCodes.GetInstanceFailed, AddonsCodes.ConvertResponseFailed);

    private static async Task<IResult> HandleAsync(HttpContext context, Caller caller, ReleaseDesk desk, CancellationToken cancellationToken)
    {
        var key = ReleasePath.Key(context);
        var cluster = await desk.OpenAsync(caller, ReleasePath.ClusterId(context), cancellationToken);
        var state = await desk.FindAsync(cluster, key, cancellationToken);
        return state.IsThere
            ? TypedResults.Json(
                ReleaseAnswers.Of(cluster, state, ReleasePath.ShowsResources(context) ? await desk.ResourcesAsync(cluster, state, cancellationToken) : ""), ReleasesJson.Wire.ReleaseView)
            : AddonsError.ReleaseNotFound(key);
    }
}
