using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary><c>PATCH P/repositories/{repository}/packages/{package}</c></summary>
internal static class UpdatePackage
{
    internal sealed record Request(
        [property: Schema(PackageBody.BooleanSchema)] JsonElement? IsPublic,
        [property: Schema(PackageBody.TextSchema)] JsonElement? Description,
        [property: Schema(PackageBody.ObjectSchema)] JsonElement? Manifests);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPatch("/repositories/{repository}/packages/{package}", HandleAsync)
        .WithName(nameof(UpdatePackage))
        .WithSummary("Change what is said about a package")
        .Reads<Request>()
        .Answers<Empty>(201, "It is changed.")
        .Action("swr:package:updatePackage")
        .Audit("updatePackage", "package")
        .FaultsAs(ImagesCodes.UpdateDatabaseFailed)
        .ChangesPackage()
        .ReadsPackageBody()
        .CanFail(ImagesCodes.InvalidIsPublic, ImagesCodes.InvalidMetaFile);

    private static async Task<IResult> HandleAsync(
        HttpContext context, CallerSlot slot, PackageAccess access, PackageStore packages, CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        var request = await PackageBody.ReadAsync(context, PackagesJson.Wire.UpdatePackageRequest);
        var isPublic = PackageBody.ReadIsPublic(request.IsPublic);
        var description = PackageBody.ReadDescription(request.Description);
        var manifests = PackageBody.ReadManifests(request.Manifests);
        var place = await access.OpenForChangeAsync(path, slot.Require(), cancellationToken);
        var change = await packages.UpdateAsync(place.RepositoryId, place.PackageId, isPublic, description, manifests, cancellationToken)
            .ChangeFaultAs(ImagesCodes.UpdateDatabaseFailed);
        return change.Created(path);
    }
}
