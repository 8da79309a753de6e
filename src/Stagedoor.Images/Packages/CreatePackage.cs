using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary><c>POST P/repositories/{repository}/packages</c></summary>
internal static class CreatePackage
{
    private const string NoManifests = "{}";

    internal sealed record Request(
        [property: Schema(PackageBody.TextSchema)] JsonElement? Name,
        [property: Schema(PackageBody.TextSchema)] JsonElement? Type,
        [property: Schema(PackageBody.BooleanSchema)] JsonElement? IsPublic,
        [property: Schema(PackageBody.TextSchema)] JsonElement? Description,
        [property: Schema(PackageBody.ObjectSchema)] JsonElement? Manifests);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/repositories/{repository}/packages", HandleAsync)
        .WithName(nameof(CreatePackage))
        .WithSummary("Create a package; its files come later")
        .Reads<Request>()
        .Answers<Empty>(201, "It is made.")
        .Action("swr:package:createPackage")
        .Audit("createPackage", "package")
        .FaultsAs(ImagesCodes.SaveToDatabaseFailed)
        .ChangesPackage()
        .ReadsPackageBody()
        .CanFail(ImagesCodes.TypeMustBeApp, ImagesCodes.InvalidIsPublic, ImagesCodes.InvalidMetaFile, ImagesCodes.ImageExists);

    private static async Task<IResult> HandleAsync(
        HttpContext context, CallerSlot slot, PackageAccess access, PackageStore packages, CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        var request = await PackageBody.ReadAsync(context, PackagesJson.Wire.CreatePackageRequest);
        var (name, type) = (PackageBody.Require(request.Name, "name"), PackageBody.Require(request.Type, "type"));
        PackageBody.CheckType(type);
        if (PackageBody.TextOf(name) is not { } text || !PackageName.IsValidPackage(text))
        {
            return ImagesError.InvalidPackageName(PackageBody.Shown(name));
        }

        var package = new NewPackage(
            text,
            PackageBody.ReadIsPublic(request.IsPublic),
            PackageBody.ReadDescription(request.Description) ?? "",
            PackageBody.ReadManifests(request.Manifests) ?? NoManifests);
        context.AuditResource(text);
        var place = await access.OpenForChangeAsync(path, slot.Require(), cancellationToken);
        var change = await packages.AddAsync(place.Organization.Id, place.RepositoryId, package, slot.Require(), cancellationToken)
            .ChangeFaultAs(ImagesCodes.SaveToDatabaseFailed);
        return change is PackageChange.Exists ? ImagesError.PackageExists("package", text) : change.Created(path);
    }
}
