using System.Security.Cryptography;
using System.Text;

namespace Stagedoor.Iam.Roles;

/// <summary>A role that can be granted. Its id is derived from its name, so it is the same everywhere and for ever.</summary>
/// <param name="Name">The name that tokens carry.</param>
/// <param name="DisplayName">The name that people know.</param>
/// <param name="Description">What it allows.</param>
/// <param name="IsGlobal">Counts in the whole account only, and cannot be granted in a project.</param>
internal sealed record SystemRole(string Name, string DisplayName, string Description, bool IsGlobal = false)
{
    public static IReadOnlyList<SystemRole> All { get; } =
    [
        new(RoleNames.TenantAdministrator, "Tenant Administrator", "Everything except IAM"),
        new(RoleNames.SecurityAdministrator, "Security Administrator", "IAM: users, keys, projects and roles of the account", IsGlobal: true),
        new(RoleNames.AgentOperator, "Agent Operator", "Assume agencies", IsGlobal: true),
        new(RoleNames.TenantGuest, "Tenant Guest", "Read everything except IAM"),
        new(RoleNames.ImagesAdministrator, "SWR Admin", "All of the software repository"),
        new(RoleNames.Developer, "ServiceStage Developer", "Develop applications; read images"),
        new(RoleNames.Operator, "ServiceStage Operator", "Look at applications"),
        new(RoleNames.Administrator, "ServiceStage Administrator", "Everything of ServiceStage"),
    ];

    /// <summary>What an account's root user is, without grants.</summary>
    public static IReadOnlyList<string> OfRoot { get; } =
        [RoleNames.TenantAdministrator, RoleNames.SecurityAdministrator, RoleNames.AgentOperator];

    public string Id { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("role " + Name)))[..32];

    public static SystemRole? Find(string id) => All.FirstOrDefault(r => string.Equals(r.Id, id, StringComparison.Ordinal));

    public static SystemRole? FindByName(string name) => All.FirstOrDefault(r => string.Equals(r.Name, name, StringComparison.Ordinal));
}
