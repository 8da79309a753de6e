using System.Text.Json.Serialization;
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
using Stagedoor.Storage;

namespace Stagedoor.Images.Tags;

/// <summary><c>POST /v2/manage/namespaces/{namespace}/repos/{repository}/tags</c>: one more tag on what another one points to.</summary>
internal static class CreateRepoTag
{
    internal sealed record Request(
        [property: JsonPropertyName("source_tag")] string? SourceTag,
        [property: JsonPropertyName("destination_tag")] string? DestinationTag,
        bool? Override);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/namespaces/{namespace}/repos/{repository}/tags", HandleAsync)
        .WithName(nameof(CreateRepoTag))
        .WithSummary("Put a further tag on an image")
        .Answers<Empty>(201, "It is there.")
        .Action("swr:repo:createRepoTag")
        .Audit("createImageTag", "imageTag")
        .FaultsAs(ImagesCodes.CreateTagFailed)
        .CanFail(RepositoryGate.ChangeRefusals)
        .CanFail(
            ImagesCodes.InvalidParameter,
            ImagesCodes.RequiredParameterMissing,
            ImagesCodes.InvalidVersion,
            ImagesCodes.TagNotFound,
            ImagesCodes.ImageExists,
            ImagesCodes.TagQuotaExceeded,
            ImagesCodes.UpdateTagFailed);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        Request request,
        Caller caller,
        RepositoryGate gate,
        TagStore tags,
        ManifestCache cache,
        IOptions<ImagesOptions> options,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        var source = Read("source_tag", request.SourceTag);
        var destination = Read("destination_tag", request.DestinationTag);
        context.AuditResource($"{@namespace}/{repository}:{destination}");
        Check(source);
        Check(destination);
        context.AuditDetail($"from {source}");
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Edit, cancellationToken);
        var progress = new ManifestProgress();
        TagOutcome outcome;
        try
        {
            outcome = await tags.RetagAsync(opened.Id, source, destination, request.Override is true, caller.UserName, progress, cancellationToken);
        }
        catch (StorageException fault)
        {
            throw new ApiException(progress.Step is ManifestStep.UpdateTag ? ImagesCodes.UpdateTagFailed : ImagesCodes.CreateTagFailed, inner: fault);
        }

        cache.Invalidate(opened.Id);
        return outcome switch
        {
            TagOutcome.Done => TypedResults.Json(Empty.Value, TagsJson.Wire.Empty, statusCode: StatusCodes.Status201Created),
            TagOutcome.RepositoryGone => ImagesError.RepositoryNotFound(@namespace, repository),
            TagOutcome.Absent => ImagesError.TagNotFound(@namespace, repository, source),
            TagOutcome.Exists => ImagesError.TagExists(@namespace, repository, destination),
            TagOutcome.Immutable => ImagesError.TagKept(ImagesCodes.ImageExists, @namespace, repository, destination),
            TagOutcome.QuotaExceeded => ImagesError.TagQuotaExceeded(options.Value.MaxTagsPerRepository),
            _ => ImagesError.RepositoryTooLarge(),
        };
    }

    private static string Read(string name, string? tag) => string.IsNullOrEmpty(tag) ? throw ImagesError.RequiredParameterMissing(name) : tag;

    private static void Check(string tag)
    {
        if (!TagName.IsValid(tag))
        {
            throw ImagesError.InvalidTag(Text.Cut(Text.Repair(tag), 200));
        }
    }
}
