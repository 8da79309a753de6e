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

/// <summary><c>GET /api/v3/projects/{project_id}/clusters/{cluster_id}</c></summary>
internal static class ShowCluster
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/{cluster_id}", HandleAsync)
        .WithName(nameof(ShowCluster))
        .WithSummary("Show a cluster")
        .QueryParameter("detail", "true: with what is installed, in the annotation installedAddonInstances.", ParameterType.Flag)
        .Answers<ClusterView>(200, "The cluster, without its kubeconfig.")
        .Action("cce:cluster:get")
        .CanFail(AddonsCodes.NotFound);

    private static async Task<IResult> HandleAsync(
        [FromRoute(Name = "cluster_id")] string id, string? detail, Caller caller, ClusterStore clusters, CancellationToken cancellationToken)
    {
        if (await clusters.FindAsync(caller.Project(), id, cancellationToken) is not { } cluster)
        {
            return AddonsError.ClusterNotFound(id);
        }

        var installed = RequestBody.IsTrue(detail)
            ? JsonSerializer.Serialize(await clusters.ListInstalledAsync(cluster.Id, cancellationToken), AddonsJson.Wire.IReadOnlyListInstalledAddon)
            : null;
        return TypedResults.Json(ClusterView.Of(cluster, installed), AddonsJson.Wire.ClusterView);
    }
}
