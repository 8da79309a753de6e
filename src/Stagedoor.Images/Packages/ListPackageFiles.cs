using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Packages;

/// <summary><c>GET …/versions/{version}/file_paths</c></summary>
internal static class ListPackageFiles
{
    private static readonly string[] s_keys = ["name"];

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/repositories/{repository}/packages/{package}/versions/{version}/file_paths", HandleAsync)
        .WithName(nameof(ListPackageFiles))
        .WithSummary("List the files of a version with their hashes")
        .QueryParameter("name", "Only those whose name contains it.")
        .Pages()
        .Answers<IReadOnlyList<PackageFileView>>(200, "The files, the newest first.")
        .Action("swr:package:listFiles")
        .FaultsAs(ImagesCodes.ListFileHashesFailed)
        .OpensPackage()
        .CanFail(ImageAddresses.Faults);

    private static async Task<IResult> HandleAsync(
        HttpContext context, CallerSlot slot, PackageAccess access, PackageFileStore files, ImageAddresses addresses, CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        var query = PageQuery.Read(context.Request, s_keys);
        var filter = PackageFilter.Of(query, "name", isPublicOnly: false);
        var place = await access.OpenForReadingAsync(path, slot.Caller, cancellationToken);
        var (rows, total) = await files.ListAsync(place.VersionId, filter, cancellationToken);
        var hosts = await addresses.FindAsync(context);
        query.SetRange(context.Response, rows.Count, total);
        return TypedResults.Json(
            (IReadOnlyList<PackageFileView>)[.. rows.Select(r => PackageFileView.Of(path, r, hosts))], PackagesJson.Wire.IReadOnlyListPackageFileView);
    }
}
