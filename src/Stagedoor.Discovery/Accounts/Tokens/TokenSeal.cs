using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Accounts.Tokens;

/// <summary>Turns claims into an opaque token, <c>sc1.…</c>, and back. All replicas share the key ring, so each takes the others' tokens.</summary>
internal sealed class TokenSeal(IDataProtectionProvider protection)
{
    public const int MaximumLength = 2048;

    private const string Prefix = "sc1.";

    private readonly IDataProtector _protector = protection.CreateProtector("Stagedoor.Discovery.AccountToken");

    /// <exception cref="StorageException">The key ring does not answer.</exception>
    public string Seal(TokenClaims claims)
    {
        using var buffer = new MemoryStream();
        using (var writer = new BinaryWriter(buffer, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(claims.Account);
            writer.Write(claims.Stamp);
            writer.Write(claims.ExpiresAt.ToUnixTimeMilliseconds());
        }

        try
        {
            return Prefix + Base64Url.EncodeToString(_protector.Protect(buffer.ToArray()));
        }
        catch (CryptographicException e) when (FindFault(e) is not null)
        {
            throw FindFault(e)!;
        }
    }

    /// <summary>The claims of a token that this engine sealed; null for any other text.</summary>
    /// <exception cref="StorageException">The key ring does not answer.</exception>
    public TokenClaims? Open(string token)
    {
        if (token.Length > MaximumLength || !token.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            using var reader = new BinaryReader(new MemoryStream(_protector.Unprotect(Base64Url.DecodeFromChars(token.AsSpan(Prefix.Length)))));
            return new(reader.ReadString(), reader.ReadString(), DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64()));
        }
        catch (FormatException)
        {
            return null;
        }
        catch (CryptographicException e)
        {
            return FindFault(e) is { } fault ? throw fault : null;
        }
    }

    // Every failure comes as a cryptographic one, also that of the database that the key ring is in.
    private static StorageException? FindFault(Exception? e) => e as StorageException ?? (e is null ? null : FindFault(e.InnerException));
}

/// <summary>What a token says.</summary>
/// <param name="Account">The account's name.</param>
/// <param name="Stamp">The account's stamp when the token was made.</param>
/// <param name="ExpiresAt">When it ends.</param>
internal sealed record TokenClaims(string Account, string Stamp, DateTimeOffset ExpiresAt);
