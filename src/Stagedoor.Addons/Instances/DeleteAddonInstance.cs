using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Instances;

/// <summary><c>DELETE /api/v3/addons/{id}</c></summary>
internal static class DeleteAddonInstance
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/{id}", HandleAsync)
        .WithName(nameof(DeleteAddonInstance))
        .WithSummary("Remove an add-on from its cluster")
        .QueryParameter("cluster_id", "The cluster that it has to be in.")
        .QueryParameter("preserve", "true: forget the instance, and leave in the cluster what is there.", ParameterType.Flag)
        .QueryParameter("force", "true: also where other add-ons of the cluster require it.", ParameterType.Flag)
        .Answers<InstanceView>(200, "It is being removed; an install that is under way is given up. The same again while it is.")
        .Action("cce:addonInstance:delete")
        .Audit("deleteAddonInstance", "addonInstance")
        .CanFail(AddonsCodes.AddonNotFound, AddonsCodes.ClusterNotSupported, AddonsCodes.Locked, AddonsCodes.GetInstanceFailed, AddonsCodes.ConvertResponseFailed)
        .AsksUser();

    private static async Task<IResult> HandleAsync(
        string id,
        [FromQuery(Name = "cluster_id")] string? clusterId,
        string? preserve,
        string? force,
        HttpContext context,
        Caller caller,
        InstanceStore instances,
        Removals removals,
        InstanceAnswers answers,
        CancellationToken cancellationToken)
    {
        var seen = await instances.RequireAsync(caller, id, clusterId, cancellationToken).FaultAs(AddonsCodes.GetInstanceFailed);
        context.AuditResource(seen.Template, seen.Id);
        var removed = await removals.BeginAsync(seen, RequestBody.IsTrue(preserve), RequestBody.IsTrue(force), context.UserName(), cancellationToken);
        return TypedResults.Json(await answers.OfAsync(removed, cancellationToken), InstancesJson.Wire.InstanceView);
    }
}
