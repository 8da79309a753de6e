using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary><c>POST P/repositories</c></summary>
internal static class CreatePackageRepository
{
    internal sealed record Request(
        [property: Schema(PackageBody.TextSchema)] JsonElement? Name,
        [property: Schema(PackageBody.TextSchema)] JsonElement? Type,
        [property: Schema(PackageBody.BooleanSchema)] JsonElement? IsPublic,
        [property: Schema(PackageBody.TextSchema)] JsonElement? Description);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/repositories", HandleAsync)
        .WithName(nameof(CreatePackageRepository))
        .WithSummary("Create a repository of packages")
        .Reads<Request>()
        .Answers<Empty>(201, "It is made.")
        .Action("swr:packageRepository:createRepository")
        .Audit("createRepository", "packageRepository")
        .FaultsAs(ImagesCodes.CreateFailed)
        .ChangesPackage()
        .ReadsPackageBody()
        .CanFail(ImagesCodes.TypeMustBeApp, ImagesCodes.InvalidIsPublic, ImagesCodes.ImageExists);

    private static async Task<IResult> HandleAsync(
        HttpContext context, CallerSlot slot, PackageAccess access, PackageRepositoryStore repositories, CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        var request = await PackageBody.ReadAsync(context, PackagesJson.Wire.CreatePackageRepositoryRequest);
        var (name, type) = (PackageBody.Require(request.Name, "name"), PackageBody.Require(request.Type, "type"));
        var isGiven = PackageBody.Require(request.IsPublic, "is_public");
        PackageBody.CheckType(type);
        var isPublic = PackageBody.ReadIsPublic(isGiven)!.Value;
        if (PackageBody.TextOf(name) is not { } text || !PackageName.IsValidRepository(text))
        {
            return ImagesError.InvalidOrganizationOrName("name", PackageBody.Shown(name));
        }

        var description = PackageBody.ReadDescription(request.Description) ?? "";
        context.AuditResource(text);
        var place = await access.OpenForChangeAsync(path, slot.Require(), cancellationToken);
        return await repositories.AddAsync(place.Organization, text, isPublic, description, slot.Require(), cancellationToken).ChangeFaultAs(ImagesCodes.CreateFailed) switch
        {
            PackageChange.Done => PackageAnswers.Created(),
            PackageChange.Exists => ImagesError.PackageExists("repository", text),
            _ => ImagesError.OrganizationNotFound(path.Organization),
        };
    }
}
