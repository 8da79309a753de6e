using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Clusters;

/// <summary><c>DELETE /api/v3/projects/{project_id}/clusters/{cluster_id}</c></summary>
internal static class DeregisterCluster
{
    private const string Preserve = "preserve";
    private const string Uninstall = "uninstall";

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/{cluster_id}", HandleAsync)
        .WithName(nameof(DeregisterCluster))
        .WithSummary("Forget a cluster")
        .QueryParameter("delete_addons", "uninstall: remove what is installed first. preserve: forget that too, and leave it where it is. Without it the cluster has to be empty.")
        .Answers<ClusterView>(200, "It is forgotten; with uninstall it is Deleting until the last add-on is removed. The same again while it is.")
        .Action("cce:cluster:delete")
        .Audit("deregisterCluster", "cluster")
        .CanFail(AddonsCodes.NotFound, AddonsCodes.Conflict, AddonsCodes.Locked)
        .AsksUser();

    private static async Task<IResult> HandleAsync(
        [FromRoute(Name = "cluster_id")] string id,
        [FromQuery(Name = "delete_addons")] string? addons,
        HttpContext context,
        Caller caller,
        ClusterStore clusters,
        ClusterRemovals removals,
        CancellationToken cancellationToken)
    {
        if (addons is not (null or "" or Preserve or Uninstall))
        {
            return AddonsError.Invalid("delete_addons", $"has to be {Uninstall} or {Preserve}");
        }

        context.AuditResource(null, id);
        if (addons is Uninstall)
        {
            return await removals.BeginAsync(caller, id, context.UserName(), cancellationToken) is { } going
                ? TypedResults.Json(ClusterView.Of(going), AddonsJson.Wire.ClusterView)
                : AddonsError.ClusterNotFound(id);
        }

        var removed = await clusters.RemoveAsync(caller.Project(), id, addons is Preserve, cancellationToken);
        return removed.Outcome switch
        {
            ClusterOutcome.Done => TypedResults.Json(ClusterView.Of(removed.Cluster! with { Phase = Cluster.Deleting }), AddonsJson.Wire.ClusterView),
            ClusterOutcome.InUse => AddonsError.Conflict(
                addons is Preserve ? "an operation of an add-on or a release is under way in the cluster"
                    : "add-ons are installed in the cluster, or a release is being changed; say delete_addons=uninstall or delete_addons=preserve"),
            _ => AddonsError.ClusterNotFound(id),
        };
    }
}
