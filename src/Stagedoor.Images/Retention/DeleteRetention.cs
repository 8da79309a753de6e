using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Retention;

/// <summary><c>DELETE /v2/manage/namespaces/{namespace}/repos/{repository}/retentions/{retention_id}</c></summary>
internal static class DeleteRetention
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/namespaces/{namespace}/repos/{repository}/retentions/{retention_id}", HandleAsync)
        .WithName(nameof(DeleteRetention))
        .WithSummary("Delete a rule by which tags go")
        .Answers<Empty>(200, "It is gone; what it has deleted stays deleted.")
        .Action("swr:repo:deleteRetention")
        .Audit("deleteRetention", "retention")
        .FaultsAs(ImagesCodes.DeleteFailed)
        .CanFail(RepositoryGate.ChangeRefusals)
        .CanFail(ImagesCodes.InvalidParameter, ImagesCodes.PermissionNotFound);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        [Microsoft.AspNetCore.Mvc.FromRoute(Name = "retention_id")] string retentionId,
        HttpContext context,
        Caller caller,
        RepositoryGate gate,
        RetentionStore retentions,
        CancellationToken cancellationToken)
    {
        context.AuditResource($"{@namespace}/{repository}", retentionId);
        var id = ShowRetention.ReadId(retentionId);
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Manage, cancellationToken);
        return await retentions.DeleteAsync(opened.Id, id, cancellationToken)
            ? TypedResults.Json(Empty.Value, RetentionJson.Wire.Empty)
            : ImagesError.RetentionNotFound(@namespace, repository, id);
    }
}
