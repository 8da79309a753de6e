using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Manifests;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Tags;

/// <summary><c>POST /v2/manage/namespaces/{namespace}/repos/{repository}/tags/{tag}/restore</c>: takes back a deletion.</summary>
internal static class RestoreRepoTag
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/namespaces/{namespace}/repos/{repository}/tags/{tag}/restore", HandleAsync)
        .WithName(nameof(RestoreRepoTag))
        .WithSummary("Restore a deleted tag")
        .Answers<Empty>(201, "It is there again, and counts as moved now.")
        .Action("swr:repo:restoreRepoTag")
        .Audit("restoreImageTag", "imageTag")
        .FaultsAs(ImagesCodes.RestoreFailed)
        .CanFail(RepositoryGate.ChangeRefusals)
        .CanFail(
            ImagesCodes.InvalidVersion,
            ImagesCodes.TagNotFound,
            ImagesCodes.ImageExists,
            ImagesCodes.TagQuotaExceeded,
            ImagesCodes.InvalidParameter);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        string tag,
        Caller caller,
        RepositoryGate gate,
        TagStore tags,
        ManifestCache cache,
        IOptions<ImagesOptions> options,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        context.AuditResource($"{@namespace}/{repository}:{tag}");
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Manage, cancellationToken);
        var outcome = await tags.RestoreAsync(opened.Id, tag, caller.UserName, cancellationToken);
        cache.Invalidate(opened.Id);
        return outcome switch
        {
            TagOutcome.Done => TypedResults.Json(Empty.Value, TagsJson.Wire.Empty, statusCode: StatusCodes.Status201Created),
            TagOutcome.RepositoryGone => ImagesError.RepositoryNotFound(@namespace, repository),
            TagOutcome.Absent => ImagesError.TagNotRestorable(@namespace, repository, tag),
            TagOutcome.Exists => ImagesError.TagExists(@namespace, repository, tag),
            TagOutcome.QuotaExceeded => ImagesError.TagQuotaExceeded(options.Value.MaxTagsPerRepository),
            _ => ImagesError.RepositoryTooLarge(),
        };
    }
}
