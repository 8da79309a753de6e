using Stagedoor.Http;

namespace Stagedoor.Iam.Roles;

/// <summary>All roles that can be granted: what the modules of the product bring, those that are switched off among them.</summary>
internal sealed class SystemRoles(ModuleSet modules)
{
    /// <summary>What an account's root user is, without grants.</summary>
    public static IReadOnlyList<string> OfRoot { get; } =
        [RoleNames.TenantAdministrator, RoleNames.SecurityAdministrator, RoleNames.AgentOperator];

    public IReadOnlyList<SystemRole> All { get; } = [.. modules.Roles.Select(static r => new SystemRole(r))];

    public SystemRole? Find(string id) => All.FirstOrDefault(r => string.Equals(r.Id, id, StringComparison.Ordinal));

    public SystemRole? FindByName(string name) => All.FirstOrDefault(r => string.Equals(r.Name, name, StringComparison.Ordinal));
}
