using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary><c>GET P/repositories/{repository}/metasign</c>: the signature of the meta file. Its ETag is that of the file that it is of.</summary>
internal static class SignPackageMeta
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/repositories/{repository}/metasign", HandleAsync)
        .WithName(nameof(SignPackageMeta))
        .WithSummary("Get the signature of the list of everything in a repository of packages")
        .AnswersContent(200, "text/plain", "The signature of meta.json, in Base64: RSA-PSS with SHA-256.")
        .SendsHeader(200, "ETag", "The SHA-256 of the file that was signed, in quotes.")
        .Action("swr:packageRepository:getMetaSignature")
        .FaultsAs(ImagesCodes.CreateSignatureFailed)
        .OpensPackage()
        .CanFail(
            ImagesCodes.SigningNotEnabled, ImagesCodes.ReadPublicKeyFailed, ImagesCodes.SyncMetaFileFailed);

    private static async Task<IResult> HandleAsync(
        HttpContext context,
        CallerSlot slot,
        PackageAccess access,
        PackageMeta meta,
        PackageKeys keys,
        IOptions<PackageOptions> options,
        CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        if (!options.Value.Signing)
        {
            return ImagesError.PackageSigningOff();
        }

        var place = await access.OpenForReadingAsync(path, slot.Caller, cancellationToken);
        var row = await meta.RefreshAsync(place.RepositoryId, cancellationToken);
        if (row is null || await keys.FindAsync(place.Organization.Id, cancellationToken) is not { } key)
        {
            return ImagesError.PackageNotFound(path);
        }

        var digest = Digest.Parse(row.Digest);
        context.Response.Headers.ETag = $"\"{digest.Hex}\"";
        return TypedResults.Text(keys.Sign(key, Convert.FromHexString(digest.Hex)), "text/plain");
    }
}
