using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images.Packages;

/// <summary>
/// The key pair of each organization, with which its packages are signed. Pairs live in the database, the private half protected, so that every replica signs
/// alike; a pair is made when the first signature or the public key is asked for.
/// </summary>
internal sealed class PackageKeys(ImagesDb db, IDataProtectionProvider protection, TimeProvider clock)
{
    /// <summary>What signatures are called in answers.</summary>
    public const string Algorithm = "RSA-PSS-SHA256";

    private const int Bits = 3072;

    private readonly IDataProtector _protector = protection.CreateProtector("Stagedoor.Images.PackageKeys");

    /// <summary>The organization's pair; null when the organization is gone.</summary>
    /// <exception cref="ApiException">It cannot be read, or its public half is no key.</exception>
    public async Task<PackageKeyRow?> FindAsync(long organizationId, CancellationToken cancellationToken)
    {
        var row = await ReadAsync(organizationId, cancellationToken) ?? await CreateAsync(organizationId, cancellationToken);
        if (row is not null)
        {
            Check(row);
        }

        return row;
    }

    /// <summary>The signature of content with that SHA-256, in Base64.</summary>
    /// <exception cref="ApiException">The private half is no key, or not that of the public one.</exception>
    public string Sign(PackageKeyRow key, ReadOnlySpan<byte> sha256)
    {
        try
        {
            using var rsa = RSA.Create();
            rsa.ImportPkcs8PrivateKey(_protector.Unprotect(Convert.FromBase64String(key.ProtectedKey)), out _);
            var signature = rsa.SignHash(sha256, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
            using var known = RSA.Create();
            known.ImportFromPem(key.PublicKey);
            return known.VerifyHash(sha256, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)
                ? Convert.ToBase64String(signature)
                : throw new ApiException(ImagesCodes.CreateSignatureFailed, "the private key is not that of the public one");
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            throw new ApiException(ImagesCodes.CreateSignatureFailed, inner: e);
        }
    }

    private static void Check(PackageKeyRow row)
    {
        try
        {
            using var rsa = RSA.Create();
            rsa.ImportFromPem(row.PublicKey);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new ApiException(ImagesCodes.ReadPublicKeyFailed, inner: e);
        }
    }

    private Task<PackageKeyRow?> ReadAsync(long organizationId, CancellationToken cancellationToken) => db.FindAsync<PackageKeyRow>(
        "SELECT public_key, protected_key FROM package_keys WHERE organization_id = @organizationId", new { organizationId }, cancellationToken)
        .FaultAs(ImagesCodes.ReadPublicKeyFailed);

    // Of two that make a pair at once the first is kept, and both go on with that one.
    private async Task<PackageKeyRow?> CreateAsync(long organizationId, CancellationToken cancellationToken)
    {
        using var rsa = RSA.Create(Bits);
        var insert = $"""
            INSERT INTO package_keys (organization_id, public_key, protected_key, created_at)
            SELECT id, @publicKey, @protectedKey, @now FROM organizations WHERE id = @organizationId{db.ForKeyShare}
            ON CONFLICT (organization_id) DO NOTHING
            """;
        await db.ExecuteAsync(
            insert,
            new
            {
                organizationId,
                publicKey = rsa.ExportSubjectPublicKeyInfoPem() + "\n",
                protectedKey = Convert.ToBase64String(_protector.Protect(rsa.ExportPkcs8PrivateKey())),
                now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            },
            cancellationToken).FaultAs(ImagesCodes.ReadPublicKeyFailed);
        return await ReadAsync(organizationId, cancellationToken);
    }
}

/// <summary>A key pair of an organization.</summary>
internal sealed record PackageKeyRow
{
    /// <summary>The public half, as PEM.</summary>
    public string PublicKey { get; init; } = "";

    public string ProtectedKey { get; init; } = "";
}
