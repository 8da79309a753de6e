using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Triggers;

/// <summary><c>DELETE /v2/manage/namespaces/{namespace}/repos/{repository}/triggers/{trigger}</c></summary>
internal static class DeleteTrigger
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/namespaces/{namespace}/repos/{repository}/triggers/{trigger}", HandleAsync)
        .WithName(nameof(DeleteTrigger))
        .WithSummary("Delete a trigger")
        .AnswersEmpty(204, "It is gone.")
        .Action("swr:repo:deleteTrigger")
        .Audit("deleteTrigger", "trigger")
        .FaultsAs(ImagesCodes.DeleteFailed)
        .CanFail(RepositoryGate.ChangeRefusals)
        .CanFail(ImagesCodes.InvalidParameter, ImagesCodes.PermissionNotFound);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        string trigger,
        HttpContext context,
        Caller caller,
        RepositoryGate gate,
        TriggerStore triggers,
        CancellationToken cancellationToken)
    {
        context.AuditResource($"{@namespace}/{repository}/{trigger}");
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Edit, cancellationToken);
        return await triggers.DeleteAsync(opened.Id, trigger, cancellationToken)
            ? TypedResults.NoContent()
            : ImagesError.TriggerNotFound($"{@namespace}/{repository}", trigger);
    }
}
