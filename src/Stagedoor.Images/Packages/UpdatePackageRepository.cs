using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary><c>PATCH P/repositories/{repository}</c></summary>
internal static class UpdatePackageRepository
{
    internal sealed record Request(
        [property: Schema(PackageBody.BooleanSchema)] JsonElement? IsPublic, [property: Schema(PackageBody.TextSchema)] JsonElement? Description);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPatch("/repositories/{repository}", HandleAsync)
        .WithName(nameof(UpdatePackageRepository))
        .WithSummary("Change what is said about a repository of packages")
        .Reads<Request>()
        .Answers<Empty>(201, "It is changed.")
        .Action("swr:packageRepository:updateRepository")
        .Audit("updateRepository", "packageRepository")
        .FaultsAs(ImagesCodes.UpdateFailed)
        .ChangesPackage()
        .ReadsPackageBody()
        .CanFail(ImagesCodes.InvalidIsPublic);

    private static async Task<IResult> HandleAsync(
        HttpContext context, CallerSlot slot, PackageAccess access, PackageRepositoryStore repositories, CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        var request = await PackageBody.ReadAsync(context, PackagesJson.Wire.UpdatePackageRepositoryRequest);
        var isPublic = PackageBody.ReadIsPublic(request.IsPublic);
        var description = PackageBody.ReadDescription(request.Description);
        var place = await access.OpenForChangeAsync(path, slot.Require(), cancellationToken);
        var change = await repositories.UpdateAsync(place.RepositoryId, isPublic, description, cancellationToken).ChangeFaultAs(ImagesCodes.UpdateFailed);
        return change.Created(path);
    }
}
