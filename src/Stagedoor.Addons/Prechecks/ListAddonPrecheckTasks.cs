using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Prechecks;

/// <summary><c>GET /api/v3/projects/{project_id}/clusters/{cluster_id}/addons/precheck/tasks</c></summary>
internal static class ListAddonPrecheckTasks
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/tasks", HandleAsync)
        .WithName(nameof(ListAddonPrecheckTasks))
        .WithSummary("List what prechecks have found")
        .QueryParameter("type", $"Only those of this type: {PrecheckType.Static} or {PrecheckType.Upgrade}.")
        .QueryParameter("task_id", "Only this one.")
        .QueryParameter("addon_instance_id", "Only those of this instance.")
        .Answers<PrecheckTaskList>(200, "The latest first. One that is done is here for a day.")
        .Action("cce:addonInstance:list")
        .FaultsAs(AddonsCodes.GetInstanceFailed)
        .CanFail(AddonsCodes.NotFound);

    private static async Task<IResult> HandleAsync(
        [FromRoute(Name = "cluster_id")] string clusterId,
        string? type,
        [FromQuery(Name = "task_id")] string? taskId,
        [FromQuery(Name = "addon_instance_id")] string? instanceId,
        Caller caller,
        ClusterStore clusters,
        PrecheckStore prechecks,
        CancellationToken cancellationToken)
    {
        if (type is not (null or "" or PrecheckType.Static or PrecheckType.Upgrade))
        {
            return AddonsError.Invalid("type", $"has to be {PrecheckType.Static} or {PrecheckType.Upgrade}");
        }

        if (await clusters.FindAsync(caller.Project(), clusterId, cancellationToken) is not { } cluster)
        {
            return AddonsError.ClusterNotFound(clusterId);
        }

        var found = Text.IsStorable(taskId ?? "") && Text.IsStorable(instanceId ?? "")
            ? await prechecks.ListAsync(cluster.Id, new(type ?? "", taskId ?? "", instanceId ?? ""), cancellationToken)
            : [];
        return TypedResults.Json(
            new PrecheckTaskList("AddonCheck", "v3", new(found.Count), [.. found.Select(PrecheckTask.Of)]), PrecheckJson.Wire.PrecheckTaskList);
    }
}
