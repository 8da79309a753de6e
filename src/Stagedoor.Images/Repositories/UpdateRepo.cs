using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;

namespace Stagedoor.Images.Repositories;

/// <summary><c>PATCH /v2/manage/namespaces/{namespace}/repos/{repository}</c></summary>
internal static class UpdateRepo
{
    private const string BooleanSchema = """{"type":"boolean"}""";

    internal sealed record Request([property: JsonPropertyName("is_public"), Schema(BooleanSchema)] JsonElement? IsPublic, string? Category, string? Description);

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
        context.AuditResource($"{@namespace}/{repository}");
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Edit, cancellationToken);
        context.AuditDetail(isPublic ? "public" : "private");
        var isThere = await repositories.UpdateAsync(opened.Id, isPublic, category, description, cancellationToken);
        cache.Invalidate();
        return isThere
            ? TypedResults.Json(Empty.Value, ImagesJson.Wire.Empty, statusCode: StatusCodes.Status201Created)
            : ImagesError.RepositoryNotFound(@namespace, repository);
    }
}
