using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Requests;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Clusters;

/// <summary><c>GET /api/v3/projects/{project_id}/clusters</c></summary>
internal static class ListRegisteredClusters
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("", HandleAsync)
        .WithName(nameof(ListRegisteredClusters))
        .WithSummary("List the clusters of a project")
        .Answers<ClusterList>(200, "All of them, by name.")
        .Action("cce:cluster:list");

    private static async Task<IResult> HandleAsync(Caller caller, ClusterStore clusters, CancellationToken cancellationToken) => TypedResults.Json(
        new ClusterList("Cluster", "v3", [.. (await clusters.ListAsync(caller.Project(), cancellationToken)).Select(static c => ClusterView.Of(c))]), AddonsJson.Wire.ClusterList);
}
