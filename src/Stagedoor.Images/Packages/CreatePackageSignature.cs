using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary><c>PUT …/versions/{version}/signature</c>: signs the files of a version as they are.</summary>
internal static class CreatePackageSignature
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/repositories/{repository}/packages/{package}/versions/{version}/signature", HandleAsync)
        .WithName(nameof(CreatePackageSignature))
        .WithSummary("Sign the files of a version as they are")
        .Answers<PackageSignatureView>(201, "The signature.")
        .Action("swr:package:createSignature")
        .Audit("createSignature", "packageVersion")
        .FaultsAs(ImagesCodes.CreateSignatureFailed)
        .ChangesPackage()
        .CanFail(ImagesCodes.SigningNotEnabled, ImagesCodes.ReadPublicKeyFailed, ImagesCodes.ListFileHashesFailed);

    private static async Task<IResult> HandleAsync(
        HttpContext context,
        CallerSlot slot,
        PackageAccess access,
        PackageKeys keys,
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
        return await keys.FindAsync(place.Organization.Id, cancellationToken) is { } key
            && await signatures.CreateAsync(key, place.VersionId, cancellationToken) is { } row
            ? TypedResults.Json(PackageSignatureView.Of(row), PackagesJson.Wire.PackageSignatureView, statusCode: StatusCodes.Status201Created)
            : ImagesError.PackageNotFound(path);
    }
}
