using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Packages;

/// <summary><c>GET P/repositories/{repository}/packages</c></summary>
internal static class ListPackages
{
    private static readonly string[] s_keys = ["name", "type"];

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/repositories/{repository}/packages", HandleAsync)
        .WithName(nameof(ListPackages))
        .WithSummary("List the packages of a repository")
        .QueryParameter("name", "Only those whose name contains it.")
        .QueryParameter("type", "app, or empty for everything; there is none of type image.")
        .Pages()
        .Answers<IReadOnlyList<PackageView>>(200, "The packages, the last changed first.")
        .Action("swr:package:listPackages")
        .FaultsAs(ImagesCodes.ListFailed)
        .OpensPackage()
        .CanFail(ImagesCodes.InvalidTypeFilter, ImagesCodes.JsonConversionFailed);

    private static async Task<IResult> HandleAsync(
        HttpContext context, CallerSlot slot, PackageAccess access, PackageStore packages, CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        var query = PageQuery.Read(context.Request, s_keys);
        var isAsked = PackageBody.IsOfType(query["type"]);
        var place = await access.FindForReadingAsync(path, slot.Caller, cancellationToken);
        var filter = PackageFilter.Of(query, "name", !place.IsInsider);
        if (!place.IsInsider
            && (place.Row is null || (await packages.ListAsync(place.RepositoryId, filter with { Name = null, Limit = 1, Offset = 0 }, cancellationToken)).Total == 0))
        {
            return place.Refusal();
        }

        var (rows, total) = isAsked ? await packages.ListAsync(place.RepositoryId, filter, cancellationToken) : ([], 0);
        var versions = await packages.ListVersionNamesAsync([.. rows.Select(static r => r.Id)], cancellationToken);
        query.SetRange(context.Response, rows.Count, total);
        return TypedResults.Json(
            (IReadOnlyList<PackageView>)[.. rows.Select(r => PackageView.Of(place, r, versions[r.Id]))], PackagesJson.Wire.IReadOnlyListPackageView);
    }
}
