using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Instances;

/// <summary><c>GET /api/v3/addons/{id}</c></summary>
internal static class ShowAddonInstance
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/{id}", HandleAsync)
        .WithName(nameof(ShowAddonInstance))
        .WithSummary("Show an installed add-on")
        .QueryParameter("cluster_id", "The cluster that it has to be in.")
        .Answers<InstanceView>(200, "The instance.")
        .Action("cce:addonInstance:get")
        .FaultsAs(AddonsCodes.GetInstanceFailed)
        .CanFail(AddonsCodes.AddonNotFound, AddonsCodes.ConvertResponseFailed);

    private static async Task<IResult> HandleAsync(
        string id, [FromQuery(Name = "cluster_id")] string? clusterId, Caller caller, InstanceStore instances, InstanceAnswers answers, CancellationToken cancellationToken) =>
        TypedResults.Json(await answers.OfAsync(await instances.RequireAsync(caller, id, clusterId, cancellationToken), cancellationToken), InstancesJson.Wire.InstanceView);
}
