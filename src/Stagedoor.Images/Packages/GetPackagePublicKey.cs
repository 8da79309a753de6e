using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary><c>GET P/pubkey</c>: the key with which signatures of an organization's packages are checked.</summary>
internal static class GetPackagePublicKey
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/pubkey", HandleAsync)
        .WithName(nameof(GetPackagePublicKey))
        .WithSummary("Get the public key of an organization's signatures")
        .AnswersContent(200, "application/x-pem-file", "The key, as PEM.")
        .Action("swr:package:getPublicKey")
        .FaultsAs(ImagesCodes.ReadPublicKeyFailed)
        .OpensPackage()
        .CanFail(ImagesCodes.SigningNotEnabled);

    private static async Task<IResult> HandleAsync(
        HttpContext context,
        CallerSlot slot,
        PackageAccess access,
        PackageRepositoryStore repositories,
        PackageKeys keys,
        IOptions<PackageOptions> options,
        CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        if (!options.Value.Signing)
        {
            return ImagesError.PackageSigningOff();
        }

        var place = await access.FindForReadingAsync(path, slot.Caller, cancellationToken);
        // Whoever may download something of the organization may check it too.
        if (!place.IsInsider && !await repositories.HasPublicAsync(place.Organization.Id, cancellationToken))
        {
            return place.Refusal();
        }

        return await keys.FindAsync(place.Organization.Id, cancellationToken) is { } key
            ? TypedResults.Text(key.PublicKey, "application/x-pem-file")
            : ImagesError.OrganizationNotFound(path.Organization);
    }
}
