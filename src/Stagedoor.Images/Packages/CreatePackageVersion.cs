using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary><c>POST P/repositories/{repository}/packages/{package}/versions</c></summary>
internal static class CreatePackageVersion
{
    internal sealed record Request(
        [property: Schema(PackageBody.TextSchema)] JsonElement? Version, [property: Schema(PackageBody.TextSchema)] JsonElement? Description);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/repositories/{repository}/packages/{package}/versions", HandleAsync)
        .WithName(nameof(CreatePackageVersion))
        .WithSummary("Create a version of a package")
        .Reads<Request>()
        .Answers<Empty>(201, "It is made.")
        .Action("swr:package:createVersion")
        .Audit("createVersion", "packageVersion")
        .FaultsAs(ImagesCodes.SaveToDatabaseFailed)
        .ChangesPackage()
        .ReadsPackageBody()
        .CanFail(ImagesCodes.ImageExists);

    private static async Task<IResult> HandleAsync(
        HttpContext context, CallerSlot slot, PackageAccess access, PackageStore packages, CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        var request = await PackageBody.ReadAsync(context, PackagesJson.Wire.CreatePackageVersionRequest);
        var version = PackageBody.IsGiven(request.Version) ? request.Version!.Value : throw ImagesError.RequiredParameterMissing("version");
        if (PackageBody.TextOf(version) is not { } text || !PackageName.IsValidVersion(text))
        {
            return PackageBody.TextOf(version) is "" ? ImagesError.PackageVersionEmpty() : ImagesError.InvalidPackageVersion(PackageBody.Shown(version));
        }

        var description = PackageBody.ReadDescription(request.Description) ?? "";
        context.AuditResource($"{path.Package}/{text}");
        var place = await access.OpenForChangeAsync(path, slot.Require(), cancellationToken);
        var change = await packages.AddVersionAsync(place.RepositoryId, place.PackageId, text, description, cancellationToken)
            .ChangeFaultAs(ImagesCodes.SaveToDatabaseFailed);
        return change is PackageChange.Exists ? ImagesError.PackageExists("version", text) : change.Created(path);
    }
}
