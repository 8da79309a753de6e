using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Stagedoor.Images.Oci.Tokens;

/// <summary>Writes and reads the registry's bearer tokens: JSON Web Tokens under ES256 (RFC 7515, RFC 7518 section 3.4).</summary>
internal sealed class RegistryTokens(
    SigningKeys keys, TimeProvider clock, IdSource ids, IDataProtectionProvider protection, IOptions<ImagesOptions> options)
{
    /// <summary>The longest token that is read, and so the longest that is issued.</summary>
    public const int MaxLength = 16 * 1024;

    private const string Issuer = "stagedoor";
    private const string Algorithm = SecurityAlgorithms.EcdsaSha256;

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = MaxLength };
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
        var token = _handler.CreateToken(JsonSerializer.Serialize(payload, ImagesJson.Wire.TokenPayload), new SigningCredentials(key.Key, Algorithm));
        return token.Length <= MaxLength ? (token, issuedAt) : null;
    }

    /// <summary>The claims of a token that is ours and signed; null otherwise. Whether it is still in time is for the caller to see.</summary>
    public async ValueTask<TokenPayload?> ReadAsync(string token, CancellationToken cancellationToken)
    {
        if (Parse(token) is not { } parsed || await keys.FindAsync(parsed.Kid, cancellationToken) is not { } key)
        {
            return null;
        }

        // The algorithm is ours to choose, not the token's.
#pragma warning disable CA5404 // Its times are read by the product's clock, which the library does not know: RegistryAuthenticator.
        var rules = new TokenValidationParameters
        {
            ValidAlgorithms = [Algorithm],
            IssuerSigningKey = key,
            ValidIssuer = Issuer,
            ValidAudience = TokenEndpoint.Service,
            ValidateLifetime = false,
        };
#pragma warning restore CA5404
        return (await _handler.ValidateTokenAsync(parsed, rules)).IsValid ? Payload(parsed) : null;
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

    private static JsonWebToken? Parse(string token)
    {
        try
        {
            return token.Length <= MaxLength && IsAsWritten(token) ? new(token) : null;
        }
        catch (ArgumentException)
        {
            // It is no token.
            return null;
        }
    }

    // The library takes padding, and any value of the bits that no byte uses.
    private static bool IsAsWritten(string token)
    {
        foreach (var part in token.AsSpan().Split('.'))
        {
            if (TokenText.Find(token.AsSpan(part)) is null)
            {
                return false;
            }
        }

        return true;
    }

    private static TokenPayload? Payload(JsonWebToken token)
    {
        try
        {
            return JsonSerializer.Deserialize(Base64Url.DecodeFromChars(token.EncodedPayload), ImagesJson.Wire.TokenPayload);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A registry login as docker sends it.</summary>
internal sealed record RegistryLogin(string UserName, string Password);
