using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Organizations;

namespace Stagedoor.Images.Repositories;

/// <summary><c>POST /v2/manage/namespaces/{namespace}/repos</c></summary>
internal static class CreateRepo
{
    private const string BooleanSchema = """{"type":"boolean"}""";

    internal sealed record Request(string? Repository, [property: JsonPropertyName("is_public"), Schema(BooleanSchema)] JsonElement? IsPublic, string? Category, string? Description);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/namespaces/{namespace}/repos", HandleAsync)
        .WithName(nameof(CreateRepo))
        .WithSummary("Create a repository")
        .Answers<Empty>(201, "It is made.")
        .Action("swr:repo:createRepo")
        .Audit("createImageRepository", "imageRepository")
        .FaultsAs(ImagesCodes.CreateFailed)
        .CanFail(
            ImagesCodes.InvalidParameter,
            ImagesCodes.RequiredParameterMissing,
            ImagesCodes.InvalidOrganizationName,
            ImagesCodes.InvalidImageName,
            ImagesCodes.InvalidIsPublic,
            ImagesCodes.InvalidQueryParameter,
            ImagesCodes.DescriptionTooLong,
            ImagesCodes.OrganizationNotFound,
            ImagesCodes.CrossAccountDenied,
            ImagesCodes.NoEditableOrganization,
            ImagesCodes.PermissionDenied,
            ImagesCodes.ImageExists,
            ImagesCodes.ImageQuotaExceeded,
            ImagesCodes.GetOrganizationFailed,
            ImagesCodes.GetOrganizationPermissionFailed);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        Request request,
        HttpContext context,
        Caller caller,
        OrganizationAccess access,
        RepositoryStore repositories,
        RegistryCache cache,
        IOptions<ImagesOptions> options,
        CancellationToken cancellationToken)
    {
        var name = request.Repository;
        if (string.IsNullOrEmpty(name))
        {
            return ImagesError.RequiredParameterMissing("repository");
        }

        var isPublic = request.IsPublic is { ValueKind: not JsonValueKind.Null } ? request.IsPublic : throw ImagesError.RequiredParameterMissing("is_public");
        if (!RepositoryName.IsValidRepository(name))
        {
            return ImagesError.InvalidRepositoryName(name);
        }

        var repository = new NewRepository(
            name,
            RepositoryBody.ReadIsPublic(isPublic),
            RepositoryCategory.Read(request.Category) ?? RepositoryCategory.Default,
            RepositoryBody.ReadDescription(request.Description) ?? "");
        context.AuditResource($"{@namespace}/{name}");
        var organization = await access.OpenForEditorAsync(@namespace, caller, cancellationToken);
        var added = await repositories.AddAsync(organization.Id, repository, caller, cancellationToken);
        cache.Invalidate();
        return added switch
        {
            AddedRepository.Added => TypedResults.Json(Empty.Value, ImagesJson.Wire.Empty, statusCode: StatusCodes.Status201Created),
            AddedRepository.Present => ImagesError.RepositoryExists(organization.Name, name),
            AddedRepository.OrganizationGone => ImagesError.OrganizationNotFound(organization.Name),
            _ => ImagesError.RepositoryQuotaExceeded(options.Value.MaxRepositoriesPerAccount),
        };
    }
}
