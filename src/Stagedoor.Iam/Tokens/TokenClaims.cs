using Stagedoor.Identity;

namespace Stagedoor.Iam.Tokens;

/// <summary>What a token says, sealed inside it.</summary>
internal sealed record TokenClaims
{
    private const byte Version = 1;

    /// <summary>As a token, <c>st1.…</c>.</summary>
    public static TokenForm<TokenClaims> Form { get; } = new("st1.", "Stagedoor.Token", Write, static reader => reader.ReadByte() == Version ? Read(reader) : null);

    public required string Id { get; init; }

    /// <summary>The token at the beginning of a chain of changed scopes. Revoking that one revokes all.</summary>
    public required string RootId { get; init; }

    public required string UserId { get; init; }

    /// <summary>The user's stamp when the token was issued.</summary>
    public required string Stamp { get; init; }

    /// <summary>The project that the token is for; null for the account as a whole.</summary>
    public string? ProjectId { get; init; }

    /// <summary>How the user proved who it is: <c>password</c> or <c>token</c>.</summary>
    public required string Method { get; init; }

    public required DateTimeOffset IssuedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    private static void Write(BinaryWriter writer, TokenClaims claims)
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

/// <summary>Whether a token was revoked before its time.</summary>
internal sealed record TokenStanding(bool IsRevoked);
