using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Tags;

namespace Stagedoor.Images.Repositories;

/// <summary><c>PATCH /v2/manage/namespaces/{namespace}/repos/{repository}</c></summary>
internal static class UpdateRepo
{
    private const string BooleanSchema = """{"type":"boolean"}""";

    private const string PatternsSchema = """{"type":"array","items":{"type":"string"},"maxItems":20}""";

    internal sealed record Request(
        [property: JsonPropertyName("is_public"), Schema(BooleanSchema)] JsonElement? IsPublic,
        string? Category,
        string? Description,
        [property: JsonPropertyName("immutable_tags"), Schema(PatternsSchema)] JsonElement ImmutableTags);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPatch("/namespaces/{namespace}/repos/{repository}", HandleAsync)
        .WithName(nameof(UpdateRepo))
        .WithSummary("Change a repository")
        .Answers<Empty>(201, "It is changed.")
        .Action("swr:repo:updateRepo")
        .Audit("updateImageRepository", "imageRepository")
        .FaultsAs(ImagesCodes.UpdateFailed)
        .CanFail(RepositoryGate.ChangeRefusals)
        .CanFail(
            ImagesCodes.InvalidParameter,
            ImagesCodes.RequiredParameterMissing,
            ImagesCodes.InvalidIsPublic,
            ImagesCodes.InvalidQueryParameter,
            ImagesCodes.DescriptionTooLong);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        HttpContext context,
        Request request,
        Caller caller,
        RepositoryGate gate,
        RepositoryStore repositories,
        RegistryCache cache,
        CancellationToken cancellationToken)
    {
        var isPublic = RepositoryBody.ReadIsPublic(request.IsPublic);
        var category = RepositoryCategory.Read(request.Category);
        var description = RepositoryBody.ReadDescription(request.Description);
        var immutable = ImmutableTags.Read(request.ImmutableTags);
        context.AuditResource($"{@namespace}/{repository}");
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Edit, cancellationToken);
        if (immutable is not null && opened.Auth < Rights.Manage)
        {
            return ImagesError.PermissionDenied($"immutable_tags of {@namespace}/{repository}", opened.Auth, Rights.Manage);
        }

        context.AuditDetail(isPublic ? "public" : "private");
        var isThere = await repositories.UpdateAsync(opened.Id, isPublic, category, description, immutable, cancellationToken);
        cache.Invalidate();
        return isThere
            ? TypedResults.Json(Empty.Value, ImagesJson.Wire.Empty, statusCode: StatusCodes.Status201Created)
            : ImagesError.RepositoryNotFound(@namespace, repository);
    }
}
