using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Manifests;

namespace Stagedoor.Images.Packages;

/// <summary><c>DELETE …/versions/{version}/file_paths/{file}</c></summary>
internal static class DeletePackageFile
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/repositories/{repository}/packages/{package}/versions/{version}/file_paths/{file}", HandleAsync)
        .WithName(nameof(DeletePackageFile))
        .WithSummary("Delete a file of a version")
        .HeaderParameter("If-Match", "The ETag that the file must have.")
        .AnswersEmpty(204, "It is gone.")
        .Action("swr:package:deleteFile")
        .Audit("deleteFile", "packageFile")
        .FaultsAs(ImagesCodes.DeletePackageFailed)
        .ChangesPackage()
        .CanFail(ImagesCodes.InvalidParameter, ImagesCodes.SyncMetaFileFailed);

    private static async Task<IResult> HandleAsync(
        HttpContext context, CallerSlot slot, PackageAccess access, PackageFileStore files, PackageMeta meta, CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        var place = await access.OpenForChangeAsync(path, slot.Require(), cancellationToken);
        var change = await files.DeleteAsync(place, path.File!, Precondition.Of(context.Request), cancellationToken).ChangeFaultAs(ImagesCodes.DeletePackageFailed);
        if (change is PackageChange.Done)
        {
            await meta.WriteAsync(place.RepositoryId, cancellationToken);
        }

        return change is PackageChange.Unmet ? ImagesError.PackageFileChanged(path.File!) : change.Deleted(path);
    }
}
