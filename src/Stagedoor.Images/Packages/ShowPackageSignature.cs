using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary><c>GET …/versions/{version}/signature</c></summary>
internal static class ShowPackageSignature
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/repositories/{repository}/packages/{package}/versions/{version}/signature", HandleAsync)
        .WithName(nameof(ShowPackageSignature))
        .WithSummary("Get the signature of a version's files")
        .Answers<PackageSignatureView>(200, "The signature.")
        .Action("swr:package:getSignature")
        .FaultsAs(ImagesCodes.GetFailed)
        .OpensPackage()
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

        var place = await access.OpenForReadingAsync(path, slot.Caller, cancellationToken);
        return await signatures.FindAsync(place.VersionId, cancellationToken) is { } row
            ? TypedResults.Json(PackageSignatureView.Of(row), PackagesJson.Wire.PackageSignatureView)
            : ImagesError.PackageNotFound(path);
    }
}
