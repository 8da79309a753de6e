using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Instances;

/// <summary><c>POST /api/v3/addons/{id}/operation/rollback</c></summary>
internal static class RollbackAddonInstance
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/{id}/operation/rollback", HandleAsync)
        .WithName(nameof(RollbackAddonInstance))
        .WithSummary("Bring an add-on back to the version before its last upgrade")
        .Reads<RollbackRequest>()
        .Answers<InstanceView>(200, "It is being brought back.")
        .Action("cce:addonInstance:update")
        .Audit("rollbackAddonInstance", "addonInstance")
        .CanFail(AddonsCodes.AddonNotFound, AddonsCodes.ClusterNotSupported, AddonsCodes.Locked, AddonsCodes.GetInstanceFailed, AddonsCodes.ConvertResponseFailed)
        .AsksUser();

    private static async Task<IResult> HandleAsync(
        string id,
        JsonElement body,
        HttpContext context,
        Caller caller,
        InstanceStore instances,
        ClusterReads reads,
        InstanceAnswers answers,
        CancellationToken cancellationToken)
    {
        var clusterId = InstanceBody.Required(RequestBody.Parse(body, InstancesJson.Wire.RollbackRequest).ClusterId, "clusterID");
        var seen = await instances.RequireAsync(caller, id, null, cancellationToken).FaultAs(AddonsCodes.GetInstanceFailed);
        context.AuditResource(seen.Template, seen.Id);
        if (!string.Equals(clusterId, seen.ClusterId, StringComparison.Ordinal))
        {
            return AddonsError.Invalid("clusterID", $"the instance is in the cluster {seen.ClusterId}");
        }

        if (seen.IsBusy)
        {
            return AddonsError.Busy($"{seen.Template} is {seen.Status}");
        }

        if (!InstanceStatus.IsChangeable(seen.Status) || (await instances.FindRollbackableAsync([seen.Id], cancellationToken)).Count == 0)
        {
            return new ApiException(AddonsCodes.ClusterNotSupported, $"{seen.Template} cannot be rolled back: its status is {seen.Status}, and {(seen.PreviousVersion.Length > 0 ? $"version {seen.PreviousVersion} is where it came from, was rolled back already, or is not published any more" : "no version was there before")}");
        }

        await reads.ReadCurrentAsync(seen, cancellationToken);
        var begun = await instances.BeginAsync(
            seen,
            seen with
            {
                Status = InstanceStatus.RollingBack,
                Reason = "addon rollbacking",
                Message = "",
                Operation = InstanceOperation.Rollback,
                TargetVersion = seen.PreviousVersion,
                Revision = seen.Revision + 1,
                Actor = context.UserName(),
            },
            static (_, _) => null,
            cancellationToken);
        return TypedResults.Json(await answers.OfAsync(begun.Require(seen), cancellationToken), InstancesJson.Wire.InstanceView);
    }
}
