using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Stagedoor.Iam.Secrets;
using Stagedoor.Identity.Secrets;

namespace Stagedoor.Iam.Tokens;

/// <summary>Turns claims into an opaque token, <c>st1.…</c>, and back. Only installations that share the key ring can.</summary>
internal sealed class TokenSeal(IDataProtectionProvider protection)
{
    public const int MaximumLength = 2048;

    private const string Prefix = "st1.";

    private const byte Version = 1;

    private readonly IDataProtector _protector = protection.CreateProtector("Stagedoor.Token");

    public string Seal(TokenClaims claims)
    {
        using var buffer = new MemoryStream();
        using (var writer = new BinaryWriter(buffer, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Version);
            writer.Write(claims.Id);
            writer.Write(claims.RootId);
            writer.Write(claims.UserId);
            writer.Write(claims.Stamp);
            writer.Write(claims.ProjectId ?? "");
            writer.Write(claims.Method);
            writer.Write(claims.IssuedAt.ToUnixTimeMilliseconds());
            writer.Write(claims.ExpiresAt.ToUnixTimeMilliseconds());
        }

        try
        {
            return Prefix + Base64Url.EncodeToString(_protector.Protect(buffer.ToArray()));
        }
        catch (CryptographicException e) when (KeyRingFaults.Find(e) is not null)
        {
            throw KeyRingFaults.Find(e)!;
        }
    }

    /// <summary>The claims of a token that this installation sealed; null for any other text.</summary>
    /// <exception cref="Storage.StorageException">The key ring does not answer.</exception>
    public TokenClaims? Open(string token)
    {
        if (token.Length > MaximumLength || !token.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            using var reader = new BinaryReader(new MemoryStream(_protector.Unprotect(Base64Url.DecodeFromChars(token.AsSpan(Prefix.Length)))));
            return reader.ReadByte() == Version ? Read(reader) : null;
        }
        catch (FormatException)
        {
            return null;
        }
        catch (CryptographicException e)
        {
            return KeyRingFaults.Find(e) is { } fault ? throw fault : null;
        }
    }

    private static TokenClaims Read(BinaryReader reader) => new()
    {
        Id = reader.ReadString(),
        RootId = reader.ReadString(),
        UserId = reader.ReadString(),
        Stamp = reader.ReadString(),
        ProjectId = reader.ReadString() is { Length: > 0 } project ? project : null,
        Method = reader.ReadString(),
        IssuedAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64()),
        ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64()),
    };
}
