using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary><c>GET P/repositories/{repository}/packages/{package}</c></summary>
internal static class ShowPackage
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/repositories/{repository}/packages/{package}", HandleAsync)
        .WithName(nameof(ShowPackage))
        .WithSummary("Show a package")
        .Answers<PackageView>(200, "The package.")
        .Action("swr:package:getPackage")
        .FaultsAs(ImagesCodes.GetPackageFailed)
        .OpensPackage()
        .CanFail(ImagesCodes.JsonConversionFailed);

    private static async Task<IResult> HandleAsync(
        HttpContext context, CallerSlot slot, PackageAccess access, PackageStore packages, CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        var place = await access.OpenForReadingAsync(path, slot.Caller, cancellationToken);
        if (await packages.FindAsync(place.PackageId, cancellationToken) is not { } row)
        {
            return ImagesError.PackageNotFound(path);
        }

        var versions = await packages.ListVersionNamesAsync([row.Id], cancellationToken);
        return TypedResults.Json(PackageView.Of(place, row, versions[row.Id]), PackagesJson.Wire.PackageView);
    }
}
