namespace Stagedoor.Discovery.Accounts;

/// <summary>An account of the engine's own, as it is stored.</summary>
internal sealed record Account
{
    /// <summary>The account that is there from the first start; it has the role admin and cannot be deleted.</summary>
    public const string Root = "root";

    public const string Active = "active";

    public const string Inactive = "inactive";

    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>As <see cref="PasswordHash"/> writes it.</summary>
    public required string PasswordHash { get; init; }

    public required IReadOnlyList<string> Roles { get; init; }

    public required string Status { get; init; }

    /// <summary>Unix seconds.</summary>
    public required string CreateTime { get; init; }

    public required string UpdateTime { get; init; }

    /// <summary>What tokens carry, and what changes when they are to count no more: with password, roles and status.</summary>
    public required string Stamp { get; init; }

    public bool IsActive => string.Equals(Status, Active, StringComparison.Ordinal);
}
