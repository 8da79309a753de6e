using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.UserReleases;

/// <summary><c>DELETE /cce/cam/v3/clusters/{cluster_id}/namespace/{namespace}/releases/{name}</c></summary>
internal static class DeleteRelease
{
    // Another request may have come in between, which may be one that this one goes well with.
    private const int MaxTries = 5;

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("", HandleAsync)
        .WithName(nameof(DeleteRelease))
        .WithSummary("Take a release away; what is under way for it is stopped first")
        .QueryParameter("show_resources", "true: with its objects.")
        .Answers<ReleaseView>(200, "It is being deleted.")
        .Action("cce:release:delete")
        .Audit("deleteRelease", "release")
        .CanFail(AddonsCodes.NotFound, AddonsCodes.Conflict, AddonsCodes.Locked, AddonsCodes.GetInstanceFailed, AddonsCodes.ConvertResponseFailed);

    private static async Task<IResult> HandleAsync(HttpContext context, Caller caller, ReleaseDesk desk, ReleaseStore releases, CancellationToken cancellationToken)
    {
        var key = ReleasePath.Key(context);
        context.AuditResource($"{key.Namespace}/{key.Name}");
        var cluster = await desk.OpenAsync(caller, ReleasePath.ClusterId(context), cancellationToken);
        for (var tries = 1; ; tries++)
        {
            var state = await desk.FindAsync(cluster, key, cancellationToken);
            if (!state.IsThere)
            {
                return AddonsError.ReleaseNotFound(key);
            }

            if (await TryBeginAsync(cluster, key, state, context, caller, desk, releases, cancellationToken) is { } answer)
            {
                return answer;
            }

            if (tries == MaxTries)
            {
                return AddonsError.ReleaseBusy(key, "other");
            }
        }
    }

    // Null where the release is not any more what it was.
    private static async Task<IResult?> TryBeginAsync(
        OpenCluster cluster, ReleaseKey key, ReleaseState state, HttpContext context, Caller caller, ReleaseDesk desk, ReleaseStore releases, CancellationToken cancellationToken)
    {
        if (state.Record is { OwnerId.Length: > 0 } owned)
        {
            return AddonsError.ReleaseOfAddon(key, owned.OwnerId);
        }

        var resources = ReleasePath.ShowsResources(context) ? await desk.ResourcesAsync(cluster, state, cancellationToken) : "";
        if (state.Own is { Operation: InstanceOperation.Delete } going)
        {
            return Answer(ReleaseAnswers.OfOwn(cluster, going, state.Latest, state.Record, resources));
        }

        var next = (state.Own ?? new()
        {
            DomainId = caller.DomainId,
            ProjectId = caller.Project(),
            ClusterId = cluster.Row.Id,
            Namespace = key.Namespace,
            Name = key.Name,
            Revision = state.Record!.Revision,
            CreatedAt = state.Record.FirstDeployed.ToUnixTimeMilliseconds(),
        }) with
        {
            Operation = InstanceOperation.Delete,
            Status = ReleaseStatus.Uninstalling,
            Message = "",
        };
        var begun = await releases.BeginAsync(state.Own, next, null, runsHooks: true, cancellationToken);
        return begun.Outcome switch
        {
            ReleaseOutcome.Begun => Answer(ReleaseAnswers.OfOwn(cluster, begun.Release!, state.Latest, state.Record, resources)),
            ReleaseOutcome.ClusterGone => AddonsError.ClusterNotFound(cluster.Row.Id),
            ReleaseOutcome.OfAddon => AddonsError.ReleaseOfAddon(key, begun.OwnerId),
            _ => null,
        };
    }

    private static IResult Answer(ReleaseView view) => TypedResults.Json(view, ReleasesJson.Wire.ReleaseView);
}
