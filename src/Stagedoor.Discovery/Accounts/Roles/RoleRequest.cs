namespace Stagedoor.Discovery.Accounts.Roles;

/// <summary>A role as it is sent.</summary>
internal sealed record RoleRequest
{
    public string? Name { get; init; }

    public IReadOnlyList<PermissionRequest>? Perms { get; init; }
}
