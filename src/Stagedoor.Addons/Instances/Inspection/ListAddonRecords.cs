using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Instances.Inspection;

/// <summary><c>GET /api/v3/addons/{id}/events</c> and <c>GET /api/v3/addons/{id}/history</c></summary>
internal static class ListAddonRecords
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Described(routes.MapGet("/{id}/events", HandleEventsAsync).WithName("ListAddonEvents").WithSummary("List what happened to an installed add-on"))
            .Answers<EventList>(200, "What happened, the latest first.");
        Described(routes.MapGet("/{id}/history", HandleHistoryAsync).WithName("ListAddonHistory").WithSummary("List the revisions of an installed add-on"))
            .Answers<RevisionList>(200, "The revisions that are kept, the latest first.");
    }

    private static RouteHandlerBuilder Described(RouteHandlerBuilder route) => route
        .Action("cce:addonInstance:get")
        .FaultsAs(AddonsCodes.GetInstanceFailed)
        .CanFail(AddonsCodes.AddonNotFound);

    private static async Task<IResult> HandleEventsAsync(string id, Caller caller, InstanceStore instances, CancellationToken cancellationToken)
    {
        var instance = await instances.RequireAsync(caller, id, null, cancellationToken);
        return TypedResults.Json(new EventList([.. (await instances.ListEventsAsync(instance.Id, cancellationToken)).Select(EventView.Of)]), InstancesJson.Wire.EventList);
    }

    private static async Task<IResult> HandleHistoryAsync(string id, Caller caller, InstanceStore instances, CancellationToken cancellationToken)
    {
        var instance = await instances.RequireAsync(caller, id, null, cancellationToken);
        return TypedResults.Json(new RevisionList([.. (await instances.ListRevisionsAsync(instance.Id, cancellationToken)).Select(RevisionView.Of)]), InstancesJson.Wire.RevisionList);
    }
}
