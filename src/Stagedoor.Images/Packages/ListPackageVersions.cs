using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Packages;

/// <summary><c>GET P/repositories/{repository}/packages/{package}/versions</c></summary>
internal static class ListPackageVersions
{
    private static readonly string[] s_keys = ["version"];

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/repositories/{repository}/packages/{package}/versions", HandleAsync)
        .WithName(nameof(ListPackageVersions))
        .WithSummary("List the versions of a package with their files")
        .QueryParameter("version", "Only those whose name contains it.")
        .Pages()
        .Answers<IReadOnlyList<PackageVersionView>>(200, "The versions, the last changed first.")
        .Action("swr:package:listVersions")
        .FaultsAs(ImagesCodes.ListFailed)
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
        var query = PageQuery.Read(context.Request, s_keys);
        var filter = PackageFilter.Of(query, "version", isPublicOnly: false);
        var place = await access.OpenForReadingAsync(path, slot.Caller, cancellationToken);
        var (rows, total) = await packages.ListVersionsAsync(place.PackageId, filter, cancellationToken);
        var found = await files.ListAsync([.. rows.Select(static r => r.Id)], cancellationToken);
        var hosts = await addresses.FindAsync(context);
        query.SetRange(context.Response, rows.Count, total);
        return TypedResults.Json(
            (IReadOnlyList<PackageVersionView>)[.. rows.Select(r => PackageVersionView.Of(path, r, found[r.Id], hosts))],
            PackagesJson.Wire.IReadOnlyListPackageVersionView);
    }
}
