using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Tags;

namespace Stagedoor.Images.Retention;

/// <summary><c>PATCH /v2/manage/namespaces/{namespace}/repos/{repository}/retentions/{retention_id}</c></summary>
internal static class UpdateRetention
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPatch("/namespaces/{namespace}/repos/{repository}/retentions/{retention_id}", HandleAsync)
        .WithName(nameof(UpdateRetention))
        .WithSummary("Change a rule by which tags go")
        .QueryParameter("dry_run", "true: tells what the rule would delete, and changes nothing.")
        .Answers<Empty>(201, "It is changed, and executed now.")
        .Answers<RetentionPreview>(200, "What it would delete, and why each.")
        .Action("swr:repo:updateRetention")
        .Audit("updateRetention", "retention")
        .FaultsAs(ImagesCodes.UpdateFailed)
        .CanFail(RepositoryGate.ChangeRefusals)
        .CanFail(
            ImagesCodes.InvalidParameter,
            ImagesCodes.RequiredParameterMissing,
            ImagesCodes.InvalidQueryParameter,
            ImagesCodes.PermissionNotFound,
            ImagesCodes.GetFailed);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        [Microsoft.AspNetCore.Mvc.FromRoute(Name = "retention_id")] string retentionId,
        RetentionRequest request,
        HttpContext context,
        Caller caller,
        RepositoryGate gate,
        RetentionStore retentions,
        RetentionRun run,
        CancellationToken cancellationToken)
    {
        context.AuditResource($"{@namespace}/{repository}", retentionId);
        var id = ShowRetention.ReadId(retentionId);
        var isDryRun = ListRepositoryTags.ReadFlag("dry_run", context.Request.Query["dry_run"]);
        var rules = request.Read();
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Manage, cancellationToken);
        if (!isDryRun)
        {
            return await retentions.UpdateAsync(opened.Id, id, RetentionRequest.Algorithms, RetentionRule.Write(rules), cancellationToken)
                ? TypedResults.Json(Empty.Value, RetentionJson.Wire.Empty, statusCode: StatusCodes.Status201Created)
                : ImagesError.RetentionNotFound(@namespace, repository, id);
        }

        context.AuditNothing();
        return await retentions.FindAsync(opened.Id, id, cancellationToken).FaultAs(ImagesCodes.GetFailed) is null
            ? ImagesError.RetentionNotFound(@namespace, repository, id)
            : TypedResults.Json(await run.PreviewAsync(opened, rules[0], cancellationToken), RetentionJson.Wire.RetentionPreview);
    }
}
