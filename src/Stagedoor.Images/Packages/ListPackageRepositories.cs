using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Packages;

/// <summary><c>GET P/repositories</c></summary>
internal static class ListPackageRepositories
{
    private static readonly string[] s_keys = ["name", "type"];

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/repositories", HandleAsync)
        .WithName(nameof(ListPackageRepositories))
        .WithSummary("List the repositories of packages")
        .QueryParameter("name", "Only those whose name contains it.")
        .QueryParameter("type", "app, or empty for everything; there is none of type image.")
        .Pages()
        .Answers<IReadOnlyList<PackageRepositoryView>>(200, "The repositories, the last changed first.")
        .Action("swr:packageRepository:listRepositories")
        .FaultsAs(ImagesCodes.ListFailed)
        .OpensPackage()
        .CanFail(ImagesCodes.InvalidTypeFilter);

    private static async Task<IResult> HandleAsync(
        HttpContext context, CallerSlot slot, PackageAccess access, PackageRepositoryStore repositories, CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        var query = PageQuery.Read(context.Request, s_keys);
        var isAsked = PackageBody.IsOfType(query["type"]);
        var place = await access.FindForReadingAsync(path, slot.Caller, cancellationToken);
        var filter = PackageFilter.Of(query, "name", !place.IsInsider);
        if (!place.IsInsider && (await repositories.ListAsync(place.Organization.Id, filter with { Name = null, Limit = 1, Offset = 0 }, cancellationToken)).Total == 0)
        {
            return place.Refusal();
        }

        var (rows, total) = isAsked ? await repositories.ListAsync(place.Organization.Id, filter, cancellationToken) : ([], 0);
        query.SetRange(context.Response, rows.Count, total);
        return TypedResults.Json(
            (IReadOnlyList<PackageRepositoryView>)[.. rows.Select(r => PackageRepositoryView.Of(place, r))], PackagesJson.Wire.IReadOnlyListPackageRepositoryView);
    }
}
