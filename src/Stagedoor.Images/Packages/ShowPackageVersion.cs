using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Packages;

/// <summary><c>GET P/repositories/{repository}/packages/{package}/versions/{version}</c></summary>
internal static class ShowPackageVersion
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/repositories/{repository}/packages/{package}/versions/{version}", HandleAsync)
        .WithName(nameof(ShowPackageVersion))
        .WithSummary("Show a version of a package with its files")
        .Answers<PackageVersionView>(200, "The version.")
        .Action("swr:package:getVersion")
        .FaultsAs(ImagesCodes.GetFailed)
        .OpensPackage()
        .CanFail(ImageAddresses.Faults);

    private static async Task<IResult> HandleAsync(
        HttpContext context,
        CallerSlot slot,
        PackageAccess access,
        PackageStore packages,
        PackageFileStore files,
        ImageAddresses addresses,
        CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        var place = await access.OpenForReadingAsync(path, slot.Caller, cancellationToken);
        if (await packages.FindVersionAsync(place.VersionId, cancellationToken) is not { } row)
        {
            return ImagesError.PackageNotFound(path);
        }

        var found = await files.ListAsync([row.Id], cancellationToken);
        return TypedResults.Json(
            PackageVersionView.Of(path, row, found[row.Id], await addresses.FindAsync(context)), PackagesJson.Wire.PackageVersionView);
    }
}
