using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary><c>DELETE P/repositories/{repository}/packages/{package}</c></summary>
internal static class DeletePackage
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/repositories/{repository}/packages/{package}", HandleAsync)
        .WithName(nameof(DeletePackage))
        .WithSummary("Delete a package that has no version")
        .AnswersEmpty(204, "It is gone.")
        .Action("swr:package:deletePackage")
        .Audit("deletePackage", "package")
        .FaultsAs(ImagesCodes.DeletePackageFailed)
        .ChangesPackage()
        .CanFail(ImagesCodes.PackagesExist);

    private static async Task<IResult> HandleAsync(
        HttpContext context, CallerSlot slot, PackageAccess access, PackageStore packages, CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        var place = await access.OpenForChangeAsync(path, slot.Require(), cancellationToken);
        var change = await packages.DeleteAsync(place.RepositoryId, place.PackageId, cancellationToken).ChangeFaultAs(ImagesCodes.DeletePackageFailed);
        return change.Deleted(path, () => ImagesError.PackagesExist("package", path.Package!, "it has versions"));
    }
}
