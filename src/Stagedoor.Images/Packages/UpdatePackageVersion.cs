using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary><c>PATCH P/repositories/{repository}/packages/{package}/versions/{version}</c></summary>
internal static class UpdatePackageVersion
{
    internal sealed record Request([property: Schema(PackageBody.TextSchema)] JsonElement? Description);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPatch("/repositories/{repository}/packages/{package}/versions/{version}", HandleAsync)
        .WithName(nameof(UpdatePackageVersion))
        .WithSummary("Change what is said about a version")
        .Reads<Request>()
        .Answers<Empty>(201, "It is changed.")
        .Action("swr:package:updateVersion")
        .Audit("updateVersion", "packageVersion")
        .FaultsAs(ImagesCodes.UpdateDatabaseFailed)
        .ChangesPackage()
        .ReadsPackageBody();

    private static async Task<IResult> HandleAsync(
        HttpContext context, CallerSlot slot, PackageAccess access, PackageStore packages, CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        var request = await PackageBody.ReadAsync(context, PackagesJson.Wire.UpdatePackageVersionRequest);
        var description = PackageBody.ReadDescription(request.Description);
        var place = await access.OpenForChangeAsync(path, slot.Require(), cancellationToken);
        var change = await packages.UpdateVersionAsync(place.RepositoryId, place.VersionId, description, cancellationToken)
            .ChangeFaultAs(ImagesCodes.UpdateDatabaseFailed);
        return change.Created(path);
    }
}
