using Microsoft.Extensions.Options;
using Stagedoor.Discovery.Log;
using Stagedoor.Http;

namespace Stagedoor.Discovery.Accounts.Roles;

/// <summary>Changes roles. What they allow counts at once, also for tokens that are out.</summary>
internal sealed class RoleWriter(AccountDirectory directory, RegistryWriter writer, IOptions<RbacOptions> options, IdSource ids)
{
    private readonly int _maxRoles = options.Value.MaxRoles;

    /// <summary>To need a role to be there.</summary>
    public static Scope InRole(string name) => ScopeOf(name) with { IsShared = true };

    /// <summary>Adds a role.</summary>
    /// <exception cref="ApiException">Its name is taken, or it is one too many.</exception>
    public Task CreateAsync(string name, IReadOnlyList<Permission> permissions)
    {
        var role = new Role { Id = ids.NewId(), Name = name, Perms = permissions };
        return writer.WriteAsync([ScopeOf(name)], draft =>
        {
            if (directory.FindRole(name) is not null)
            {
                throw AccountError.RoleExists(name);
            }

            if (directory.RoleCount + draft.Pending(RoleEntries.Kind, AccountEntries.Tenant) >= _maxRoles)
            {
                throw AccountError.QuotaExceeded("role", _maxRoles);
            }

            Put(draft, role, isNew: true);
            return true;
        });
    }

    /// <summary>Replaces what a role allows.</summary>
    /// <exception cref="ApiException">There is no such role, or it is built in.</exception>
    public Task UpdateAsync(string name, IReadOnlyList<Permission> permissions) => writer.WriteAsync([ScopeOf(name)], draft =>
    {
        Put(draft, RequireOwn(name) with { Perms = permissions });
        return true;
    });

    /// <exception cref="ApiException">There is no such role, it is built in, or an account holds it.</exception>
    public Task DeleteAsync(string name) => writer.WriteAsync([ScopeOf(name)], draft =>
    {
        RequireOwn(name);
        if (directory.Accounts.Values.FirstOrDefault(a => a.Roles.Contains(name, StringComparer.Ordinal)) is { } holder)
        {
            throw AccountError.RoleInUse(name, holder.Name);
        }

        draft.Delete(RoleEntries.Kind, AccountEntries.Tenant, name);
        return true;
    });

    private static Scope ScopeOf(string name) => Scope.Named($"role {name}");

    private static void Put(Draft draft, Role role, bool isNew = false) =>
        draft.Put(RoleEntries.Kind, AccountEntries.Tenant, role.Name, role, AccountsJson.Wire.Role, isNew);

    private Role RequireOwn(string name) =>
        Role.IsBuiltIn(name) ? throw AccountError.BuiltInRole(name)
        : directory.OwnRoles.GetValueOrDefault(name) ?? throw AccountError.RoleNotFound(name);
}
