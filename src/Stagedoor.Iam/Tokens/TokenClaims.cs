namespace Stagedoor.Iam.Tokens;

/// <summary>What a token says, sealed inside it.</summary>
internal sealed record TokenClaims
{
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
}

/// <summary>Whether a token was revoked before its time.</summary>
internal sealed record TokenStanding(bool IsRevoked);
