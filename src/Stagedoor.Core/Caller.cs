namespace Stagedoor;

/// <summary>Who a request acts for, once the gateway has established it.</summary>
public sealed record Caller
{
    public required string UserId { get; init; }

    public required string UserName { get; init; }

    /// <summary>The account that the user belongs to.</summary>
    public required string DomainId { get; init; }

    public required string DomainName { get; init; }

    /// <summary>The project that the call acts in; null for a domain-scoped token.</summary>
    public string? ProjectId { get; init; }

    public string? ProjectName { get; init; }

    /// <summary>Names of the roles that the caller holds, as <see cref="RoleNames"/> spells them.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>The account's own root user, whom no role restricts.</summary>
    public bool IsAccountRoot { get; init; }

    public required AuthenticationMethod Method { get; init; }

    /// <summary>The access key that was used; null with a token.</summary>
    public string? AccessKey { get; init; }

    public bool HasRole(string role) => Roles.Contains(role, StringComparer.Ordinal);
}
