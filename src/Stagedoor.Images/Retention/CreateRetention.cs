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

/// <summary><c>POST /v2/manage/namespaces/{namespace}/repos/{repository}/retentions</c>: a rule by which tags go from now on.</summary>
internal static class CreateRetention
{
    internal sealed record Response(long Id);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/namespaces/{namespace}/repos/{repository}/retentions", HandleAsync)
        .WithName(nameof(CreateRetention))
        .WithSummary("Let old tags of a repository go by a rule")
        .QueryParameter("dry_run", "true: tells what the rule would delete, and changes nothing.")
        .Answers<Response>(201, "It is executed now and every hour.")
        .Answers<RetentionPreview>(200, "What it would delete, and why each.")
        .Action("swr:repo:createRetention")
        .Audit("createRetention", "retention")
        .FaultsAs(ImagesCodes.CreateFailed)
        .CanFail(RepositoryGate.ChangeRefusals)
        .CanFail(ImagesCodes.InvalidParameter, ImagesCodes.RequiredParameterMissing, ImagesCodes.InvalidQueryParameter);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        RetentionRequest request,
        HttpContext context,
        Caller caller,
        RepositoryGate gate,
        RetentionStore retentions,
        RetentionRun run,
        CancellationToken cancellationToken)
    {
        context.AuditResource($"{@namespace}/{repository}");
        var isDryRun = ListRepositoryTags.ReadFlag("dry_run", context.Request.Query["dry_run"]);
        var rules = request.Read();
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Manage, cancellationToken);
        if (isDryRun)
        {
            context.AuditNothing();
            return TypedResults.Json(await run.PreviewAsync(opened, rules[0], cancellationToken), RetentionJson.Wire.RetentionPreview);
        }

        return await retentions.AddAsync(opened.Id, RetentionRequest.Algorithms, RetentionRule.Write(rules), cancellationToken) switch
        {
            null => ImagesError.RetentionExists(@namespace, repository),
            0 => ImagesError.RepositoryNotFound(@namespace, repository),
            { } id => TypedResults.Json(new Response(id), RetentionJson.Wire.CreateRetentionResponse, statusCode: StatusCodes.Status201Created),
        };
    }
}
