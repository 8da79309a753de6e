using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary><c>DELETE P/repositories/{repository}/packages/{package}/versions/{version}</c></summary>
internal static class DeletePackageVersion
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/repositories/{repository}/packages/{package}/versions/{version}", HandleAsync)
        .WithName(nameof(DeletePackageVersion))
        .WithSummary("Delete a version with its files")
        .AnswersEmpty(204, "It is gone.")
        .Action("swr:package:deleteVersion")
        .Audit("deleteVersion", "packageVersion")
        .FaultsAs(ImagesCodes.DeletePackageFailed)
        .ChangesPackage();

    private static async Task<IResult> HandleAsync(
        HttpContext context, CallerSlot slot, PackageAccess access, PackageStore packages, CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        var place = await access.OpenForChangeAsync(path, slot.Require(), cancellationToken);
        var change = await packages.DeleteVersionAsync(place, cancellationToken).ChangeFaultAs(ImagesCodes.DeletePackageFailed);
        return change.Deleted(path);
    }
}
