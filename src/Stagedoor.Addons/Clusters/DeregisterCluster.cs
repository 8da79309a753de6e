using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Clusters;

/// <summary><c>DELETE /api/v3/projects/{project_id}/clusters/{cluster_id}</c></summary>
internal static class DeregisterCluster
{
    private const string Preserve = "preserve";

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/{cluster_id}", HandleAsync)
        .WithName(nameof(DeregisterCluster))
        .WithSummary("Forget a cluster")
        .QueryParameter("delete_addons", "preserve: forget what is installed too, and leave it where it is. Without it the cluster has to be empty.")
        .Answers<ClusterView>(200, "It is forgotten.")
        .Action("cce:cluster:delete")
        .Audit("deregisterCluster", "cluster")
        .CanFail(AddonsCodes.NotFound, AddonsCodes.Conflict);

    private static async Task<IResult> HandleAsync(
        [FromRoute(Name = "cluster_id")] string id,
        [FromQuery(Name = "delete_addons")] string? addons,
        HttpContext context,
        Caller caller,
        ClusterStore clusters,
        CancellationToken cancellationToken)
    {
        if (addons is not (null or "" or Preserve))
        {
            return AddonsError.Invalid("delete_addons", $"has to be {Preserve}; uninstall with DELETE /api/v3/addons/{{id}} before");
        }

        context.AuditResource(null, id);
        var removed = await clusters.RemoveAsync(caller.Project(), id, addons is Preserve, cancellationToken);
        return removed.Outcome switch
        {
            ClusterOutcome.Done => TypedResults.Json(ClusterView.Of(removed.Cluster! with { Phase = "Deleting" }), AddonsJson.Wire.ClusterView),
            ClusterOutcome.InUse => AddonsError.Conflict(
                addons is Preserve ? "an operation of an add-on or a release is under way in the cluster"
                    : "add-ons are installed in the cluster, or a release is being changed; uninstall them, or say delete_addons=preserve"),
            _ => AddonsError.ClusterNotFound(id),
        };
    }
}
