using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary><c>DELETE P/repositories/{repository}</c></summary>
internal static class DeletePackageRepository
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/repositories/{repository}", HandleAsync)
        .WithName(nameof(DeletePackageRepository))
        .WithSummary("Delete a repository of packages that has none")
        .AnswersEmpty(204, "It is gone.")
        .Action("swr:packageRepository:deleteRepository")
        .Audit("deleteRepository", "packageRepository")
        .FaultsAs(ImagesCodes.DeleteFailed)
        .ChangesPackage()
        .CanFail(ImagesCodes.PackagesExist);

    private static async Task<IResult> HandleAsync(
        HttpContext context, CallerSlot slot, PackageAccess access, PackageChanges changes, CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        var place = await access.OpenForChangeAsync(path, slot.Require(), cancellationToken);
        var change = await changes.DeleteAsync(place.RepositoryId, cancellationToken).ChangeFaultAs(ImagesCodes.DeleteFailed);
        return change.Deleted(path, () => ImagesError.PackagesExist("repository", path.Repository!, "it has packages"));
    }
}
