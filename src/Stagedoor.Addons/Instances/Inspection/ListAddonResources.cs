using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Instances.Inspection;

/// <summary><c>GET /api/v3/addons/{id}/resources</c></summary>
internal static class ListAddonResources
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/{id}/resources", HandleAsync)
        .WithName(nameof(ListAddonResources))
        .WithSummary("List the objects of an installed add-on, as they are in the cluster now")
        .Answers<ResourceList>(200, "The objects, each with how it is.")
        .Action("cce:addonInstance:get")
        .FaultsAs(AddonsCodes.GetInstanceFailed)
        .CanFail(AddonsCodes.AddonNotFound, AddonsCodes.ConvertResponseFailed);

    private static async Task<IResult> HandleAsync(string id, Caller caller, InstanceStore instances, ClusterReads reads, CancellationToken cancellationToken)
    {
        var instance = await instances.RequireAsync(caller, id, null, cancellationToken);
        if (await reads.FindPlannedAsync(instance, cancellationToken) is not { } planned)
        {
            return TypedResults.Json(new ResourceList(instance.Status, "Nothing was brought to the cluster yet.", []), InstancesJson.Wire.ResourceList);
        }

        var health = await reads.AskAsync(instance, (cluster, token) => cluster.Driver.HealthAsync(cluster.Connection, planned.Key, token), cancellationToken);
        return TypedResults.Json(new ResourceList(health.State, health.Message, [.. health.Objects.Select(ResourceView.Of)]), InstancesJson.Wire.ResourceList);
    }
}
