using System.Text.Json.Serialization;

namespace Stagedoor.Images.Oci.Tokens;

/// <summary>The claims of a registry token.</summary>
internal sealed record TokenPayload
{
    public required string Iss { get; init; }

    /// <summary>The user's id; empty for an anonymous token.</summary>
    public required string Sub { get; init; }

    public required string Aud { get; init; }

    public required long Exp { get; init; }

    public required long Nbf { get; init; }

    public required long Iat { get; init; }

    public required string Jti { get; init; }

    public required IReadOnlyList<TokenAccess> Access { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Project { get; init; }

    /// <summary>
    /// What the token was issued to, sealed: an access key, or a token of the gateway with its user's stamp. A token is good no longer than that.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Credential { get; init; }
}
