using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Instances;

/// <summary><c>GET /api/v3/addons</c></summary>
internal static class ListAddonInstances
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("", HandleAsync)
        .WithName(nameof(ListAddonInstances))
        .WithSummary("List what is installed in a cluster")
        .QueryParameter("cluster_id", "The cluster.", isRequired: true)
        .QueryParameter("addon_template_name", "Only the instance of this template.")
        .Answers<InstanceList>(200, "The instances, by their templates' names.")
        .Action("cce:addonInstance:list")
        .FaultsAs(AddonsCodes.GetInstanceFailed)
        .CanFail(AddonsCodes.NotFound);

    private static async Task<IResult> HandleAsync(
        [FromQuery(Name = "cluster_id")] string? clusterId,
        [FromQuery(Name = "addon_template_name")] string? template,
        Caller caller,
        ClusterStore clusters,
        InstanceStore instances,
        InstanceAnswers answers,
        CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(clusterId))
        {
            return AddonsError.Invalid("cluster_id", "is required");
        }

        if (await clusters.FindAsync(caller.Project(), clusterId, cancellationToken) is not { } cluster)
        {
            return AddonsError.ClusterNotFound(clusterId);
        }

        var all = (await instances.ListAsync(cluster.Id, cancellationToken)).Where(i => string.IsNullOrEmpty(template) || string.Equals(i.Template, template, StringComparison.Ordinal));
        return TypedResults.Json(new InstanceList("Addon", "v3", await answers.OfAsync([.. all], cluster, cancellationToken)), InstancesJson.Wire.InstanceList);
    }
}
