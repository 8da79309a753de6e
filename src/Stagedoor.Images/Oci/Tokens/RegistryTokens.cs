using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace Stagedoor.Images.Oci.Tokens;

/// <summary>Writes and reads the registry's bearer tokens: JSON Web Tokens under ES256 (RFC 7515, RFC 7518 section 3.4).</summary>
internal sealed class RegistryTokens(
    SigningKeys keys, TimeProvider clock, IdSource ids, IDataProtectionProvider protection, IOptions<ImagesOptions> options)
{
    /// <summary>The longest token that is read, and so the longest that is issued.</summary>
    public const int MaxLength = 16 * 1024;

    private const string Issuer = "stagedoor";

    private readonly IDataProtector _credentials = protection.CreateProtector("Stagedoor.Images.RegistryTokens.Credential");

    /// <summary>Issues a token; null when it would be too long to be read.</summary>
    /// <param name="caller">The user; null for an anonymous one.</param>
    /// <param name="access">What it grants.</param>
    /// <param name="audience">The service that will read it.</param>
    /// <param name="cancellationToken">Ends the wait for the key.</param>
    public async ValueTask<(string Token, DateTimeOffset IssuedAt)?> IssueAsync(
        Caller? caller, IReadOnlyList<TokenAccess> access, string audience, CancellationToken cancellationToken)
    {
        var key = await keys.CurrentAsync(cancellationToken);
        var issuedAt = clock.GetUtcNow();
        var seconds = issuedAt.ToUnixTimeSeconds();
        var payload = new TokenPayload
        {
            Iss = Issuer,
            Sub = caller?.UserId ?? "",
            Aud = audience,
            Exp = seconds + options.Value.TokenSeconds,
            Nbf = seconds,
            Iat = seconds,
            Jti = ids.NewId(),
            Access = access,
            Project = caller?.ProjectId,
            Credential = caller is null ? null
                : _credentials.Protect(caller.Credential ?? throw new InvalidOperationException("A caller whose credential cannot be looked at again gets no token.")),
        };
        var text = Part(JsonSerializer.SerializeToUtf8Bytes(new TokenHeader("JWT", "ES256", key.Kid), ImagesJson.Wire.TokenHeader))
            + "." + Part(JsonSerializer.SerializeToUtf8Bytes(payload, ImagesJson.Wire.TokenPayload));
        var signature = key.Key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256);
        var token = $"{text}.{Part(signature)}";
        return token.Length <= MaxLength ? (token, issuedAt) : null;
    }

    /// <summary>The claims of a token that is ours and signed; null otherwise. Whether it is still in time is for the caller to see.</summary>
    public async ValueTask<TokenPayload?> ReadAsync(string token, CancellationToken cancellationToken)
    {
        var parts = token.Length <= MaxLength ? token.Split('.') : [];
        if (parts.Length != 3
            || Parse(parts[0], ImagesJson.Wire.TokenHeader) is not { Alg: "ES256", Kid: { } kid }
            || Bytes(parts[2]) is not { } signature
            || await keys.FindAsync(kid, cancellationToken) is not { } key
            || !key.VerifyData(Encoding.ASCII.GetBytes(token[..(parts[0].Length + 1 + parts[1].Length)]), signature, HashAlgorithmName.SHA256))
        {
            return null;
        }

        return Parse(parts[1], ImagesJson.Wire.TokenPayload) is { Iss: Issuer, Aud: TokenEndpoint.Service } payload ? payload : null;
    }

    /// <summary>What a token was issued to; null when the seal is broken, or there is none.</summary>
    public string? FindCredential(TokenPayload payload)
    {
        try
        {
            return payload.Credential is { } seal ? _credentials.Unprotect(seal) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static string Part(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    private static byte[]? Bytes(string part) => Base64Url.IsValid(part) ? Base64Url.DecodeFromChars(part) : null;

    private static T? Parse<T>(string part, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return Bytes(part) is { } bytes ? JsonSerializer.Deserialize(bytes, type) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A registry login as docker sends it.</summary>
internal sealed record RegistryLogin(string UserName, string Password);
