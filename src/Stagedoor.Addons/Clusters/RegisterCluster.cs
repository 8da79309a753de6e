using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Clusters;

/// <summary><c>POST /api/v3/projects/{project_id}/clusters</c></summary>
internal static class RegisterCluster
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("", HandleAsync)
        .WithName(nameof(RegisterCluster))
        .WithSummary("Register a cluster")
        .Reads<ClusterRequest>()
        .Answers<ClusterView>(201, "It is registered.")
        .Action("cce:cluster:create")
        .Audit("registerCluster", "cluster")
        .CanFail(AddonsCodes.Conflict, AddonsCodes.AddonNotFound, AddonsCodes.ClusterNotSupported, AddonsCodes.ConvertResponseFailed, AddonsCodes.SerializeFailed)
        .AsksUser();

    private static async Task<IResult> HandleAsync(
        JsonElement body,
        HttpContext context,
        Caller caller,
        ClusterRules rules,
        ClusterStore clusters,
        ClusterVersions versions,
        RegisteredAddons addons,
        InstanceStore instances,
        IdSource ids,
        IOptions<AddonsOptions> options,
        CancellationToken cancellationToken)
    {
        var request = RequestBody.Parse(body, AddonsJson.Wire.ClusterRequest);
        var cluster = rules.Apply(new() { Id = ids.NewGuid().ToString("D"), DomainId = caller.DomainId, ProjectId = caller.Project() }, request);
        context.AuditResource(cluster.Name, cluster.Id);
        cluster = await WithVersionAsync(cluster, versions, cancellationToken);
        var planned = await addons.PlanAsync(cluster, request.Metadata?.Annotations, context.UserName(), cancellationToken);
        var added = await clusters.AddAsync(cluster, session => instances.AddAsync(session, planned), cancellationToken);
        return added.Outcome switch
        {
            ClusterOutcome.Done => TypedResults.Json(ClusterView.Of(added.Cluster!), AddonsJson.Wire.ClusterView, statusCode: StatusCodes.Status201Created),
            ClusterOutcome.TooMany => AddonsError.TooMany("clusters", options.Value.MaxClustersPerProject, "Addons:MaxClustersPerProject"),
            _ => AddonsError.Conflict($"the project has a cluster {cluster.Name} already"),
        };
    }

    // One that does not answer now is asked again later; one that answers as no API server does would never be of use.
    private static async Task<Cluster> WithVersionAsync(Cluster cluster, ClusterVersions versions, CancellationToken cancellationToken)
    {
        try
        {
            return await versions.FillAsync(cluster, cancellationToken);
        }
        catch (DriverDataException e)
        {
            throw new ApiException(AddonsCodes.ConvertResponseFailed, $"spec.version is not given, and the server of the kubeconfig does not say it: {e.Message}", e);
        }
    }
}
