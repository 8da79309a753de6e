using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Clusters;

/// <summary><c>PUT /api/v3/projects/{project_id}/clusters/{cluster_id}</c></summary>
internal static class UpdateCluster
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/{cluster_id}", HandleAsync)
        .WithName(nameof(UpdateCluster))
        .WithSummary("Change what is registered of a cluster")
        .Reads<ClusterRequest>()
        .Answers<ClusterView>(200, "It is changed; what the request does not name is as it was.")
        .Action("cce:cluster:update")
        .Audit("updateCluster", "cluster")
        .CanFail(AddonsCodes.NotFound, AddonsCodes.Conflict);

    private static async Task<IResult> HandleAsync(
        [FromRoute(Name = "cluster_id")] string id, JsonElement body, HttpContext context, Caller caller, ClusterRules rules, ClusterStore clusters, CancellationToken cancellationToken)
    {
        var request = RequestBody.Parse(body, AddonsJson.Wire.ClusterRequest);
        context.AuditResource(request.Metadata?.Name, id);
        var changed = await clusters.ChangeAsync(caller.Project(), id, old => rules.Apply(old, request), cancellationToken);
        return changed.Outcome switch
        {
            ClusterOutcome.Done => TypedResults.Json(ClusterView.Of(changed.Cluster!), AddonsJson.Wire.ClusterView),
            ClusterOutcome.InUse => AddonsError.Conflict($"add-ons are installed in the cluster {changed.Cluster!.Name}, so that its driver stays as it is"),
            _ => AddonsError.ClusterNotFound(id),
        };
    }
}
