using System.Security.Cryptography;
using System.Text;

namespace Stagedoor.Gateway.Signing;

/// <summary>The step from a canonical request to its signature.</summary>
internal static class SigningKey
{
    /// <summary>Bytes of a signature and of a hash.</summary>
    public const int Size = 32;

    /// <summary>Derives the key for <paramref name="scope"/> from a secret key: the hex digits of it are the key, not its bytes.</summary>
    public static byte[] Derive(ReadOnlySpan<byte> secretKey, string accessKey, CredentialScope scope)
    {
        Span<byte> derived = stackalloc byte[Size];
        HKDF.DeriveKey(
            HashAlgorithmName.SHA256, secretKey, derived, Encoding.UTF8.GetBytes(accessKey), Encoding.UTF8.GetBytes(scope.ToString()));
        return Encoding.UTF8.GetBytes(Convert.ToHexStringLower(derived));
    }

    /// <summary>Signs a canonical request.</summary>
    public static void Sign(
        ReadOnlySpan<byte> key,
        string algorithm,
        string date,
        CredentialScope? scope,
        ReadOnlySpan<byte> canonicalRequest,
        Span<byte> signature)
    {
        Span<byte> hash = stackalloc byte[Size];
        Span<byte> hex = stackalloc byte[2 * Size];
        _ = SHA256.HashData(canonicalRequest, hash);
        _ = Convert.TryToHexStringLower(hash, hex, out _);

        using var text = new Utf8Buffer();
        text.Append(algorithm);
        text.Append('\n');
        text.Append(date);
        text.Append('\n');
        if (scope is not null)
        {
            text.Append(scope.ToString());
            text.Append('\n');
        }

        text.Append(hex);
        _ = HMACSHA256.HashData(key, text[..], signature);
    }
}
