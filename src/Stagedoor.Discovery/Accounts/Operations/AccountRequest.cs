namespace Stagedoor.Discovery.Accounts.Operations;

/// <summary>An account as it is sent.</summary>
internal sealed record AccountRequest
{
    public string? Name { get; init; }

    public string? Password { get; init; }

    public IReadOnlyList<string>? Roles { get; init; }

    /// <summary><c>active</c>, which is what it is when nothing is said, or <c>inactive</c>.</summary>
    public string? Status { get; init; }
}
