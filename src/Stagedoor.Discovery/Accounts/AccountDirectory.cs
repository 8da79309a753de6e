using System.Collections.Concurrent;
using Stagedoor.Discovery.Accounts.Roles;

namespace Stagedoor.Discovery.Accounts;

/// <summary>Accounts and roles in memory. One thread writes, everyone reads.</summary>
internal sealed class AccountDirectory
{
    public ConcurrentDictionary<string, Account> Accounts { get; } = new(StringComparer.Ordinal);

    /// <summary>The roles that were made; <see cref="Role.BuiltIn"/> are not among them.</summary>
    public ConcurrentDictionary<string, Role> OwnRoles { get; } = new(StringComparer.Ordinal);

    /// <summary>All roles, the built-in ones first.</summary>
    public IEnumerable<Role> Roles => Role.BuiltIn.Concat(OwnRoles.Values.OrderBy(static r => r.Name, StringComparer.Ordinal));

    public int RoleCount => Role.BuiltIn.Count + OwnRoles.Count;

    public Account? FindAccount(string name) => Accounts.GetValueOrDefault(name);

    public Role? FindRole(string name) =>
        Role.BuiltIn.FirstOrDefault(role => string.Equals(role.Name, name, StringComparison.Ordinal)) ?? OwnRoles.GetValueOrDefault(name);

    /// <summary>What roles allow together.</summary>
    public IEnumerable<Permission> PermissionsOf(IEnumerable<string> roles) =>
        roles.Select(FindRole).OfType<Role>().SelectMany(static role => role.Perms);
}
