using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary><c>DELETE …/versions/{version}/signature</c></summary>
internal static class DeletePackageSignature
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/repositories/{repository}/packages/{package}/versions/{version}/signature", HandleAsync)
        .WithName(nameof(DeletePackageSignature))
        .WithSummary("Take away the signature of a version's files")
        .AnswersEmpty(204, "It is gone.")
        .Action("swr:package:deleteSignature")
        .Audit("deleteSignature", "packageVersion")
        .FaultsAs(ImagesCodes.DeleteSignatureFailed)
        .ChangesPackage()
        .CanFail(ImagesCodes.SigningNotEnabled);

    private static async Task<IResult> HandleAsync(
        HttpContext context,
        CallerSlot slot,
        PackageAccess access,
        PackageSignatures signatures,
        IOptions<PackageOptions> options,
        CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        if (!options.Value.Signing)
        {
            return ImagesError.PackageSigningOff();
        }

        var place = await access.OpenForChangeAsync(path, slot.Require(), cancellationToken);
        return await signatures.DeleteAsync(place.VersionId, cancellationToken).ChangeFaultAs(ImagesCodes.DeleteSignatureFailed)
            ? TypedResults.NoContent()
            : ImagesError.PackageNotFound(path);
    }
}
