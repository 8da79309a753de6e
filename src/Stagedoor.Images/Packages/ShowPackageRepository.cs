using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary><c>GET P/repositories/{repository}</c></summary>
internal static class ShowPackageRepository
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/repositories/{repository}", HandleAsync)
        .WithName(nameof(ShowPackageRepository))
        .WithSummary("Show a repository of packages")
        .Answers<PackageRepositoryView>(200, "The repository.")
        .Action("swr:packageRepository:getRepository")
        .FaultsAs(ImagesCodes.GetFailed)
        .OpensPackage();

    private static async Task<IResult> HandleAsync(
        HttpContext context, CallerSlot slot, PackageAccess access, PackageRepositoryStore repositories, CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        var place = await access.OpenForReadingAsync(path, slot.Caller, cancellationToken);
        return await repositories.FindAsync(place.RepositoryId, cancellationToken) is { } row
            ? TypedResults.Json(PackageRepositoryView.Of(place, row), PackagesJson.Wire.PackageRepositoryView)
            : ImagesError.PackageNotFound(path);
    }
}
