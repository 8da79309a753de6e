using System.Text.Json.Serialization;

namespace Stagedoor.Iam.Tokens;

/// <summary>A token's description on the wire: <c>{"token":…}</c>.</summary>
internal sealed record TokenAnswer(TokenBody Token);

internal sealed record TokenBody
{
    public required IReadOnlyList<string> Methods { get; init; }

    [JsonPropertyName("issued_at")]
    public required string IssuedAt { get; init; }

    [JsonPropertyName("expires_at")]
    public required string ExpiresAt { get; init; }

    public required TokenUser User { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TokenProject? Project { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TokenDomain? Domain { get; init; }

    public required IReadOnlyList<TokenRole> Roles { get; init; }

    public required IReadOnlyList<CatalogService> Catalog { get; init; }
}

/// <summary>The user; an empty time means that the password never expires.</summary>
internal sealed record TokenUser(
    string Id, string Name, [property: JsonPropertyName("password_expires_at")] string PasswordExpiresAt, TokenDomain Domain);

internal sealed record TokenDomain(string Id, string Name);

internal sealed record TokenProject(string Id, string Name, TokenDomain Domain);

/// <summary>A role by its name; the id is always <c>0</c>.</summary>
internal sealed record TokenRole(string Id, string Name);

internal sealed record CatalogService(string Id, string Type, string Name, IReadOnlyList<CatalogEndpoint> Endpoints);

internal sealed record CatalogEndpoint(
    string Id, string Interface, string Region, [property: JsonPropertyName("region_id")] string RegionId, string Url);
