using Stagedoor.Errors;
using Stagedoor.Http.Decisions;

namespace Stagedoor.Http.Tenants;

/// <summary>What a credential says.</summary>
/// <param name="Domain">The domain that it fixes; null when it fixes none.</param>
/// <param name="MayRead">Whether its owner may look.</param>
/// <param name="MayWrite">Whether its owner may change.</param>
/// <param name="Refusal">The answer to a credential that is no good; null when it is good.</param>
public sealed record TenantCredential(string? Domain, bool MayRead, bool MayWrite, ApiException? Refusal = null)
{
    // No trait of one module: whoever writes in the registry writes in whatever else has tenants.
    private static readonly ModuleActions s_actions = new("cse") { Administrators = [RoleNames.Administrator, RoleNames.Developer], Readers = [RoleNames.Operator] };

    /// <summary>The service's own account that it is a token of, whose roles decide instead; null for everybody else.</summary>
    public IServiceAccount? Account { get; init; }

    /// <summary>The user of the gateway's that it belongs to; null for everybody else.</summary>
    public Caller? Caller { get; init; }

    /// <summary>What the roles of a user of the account allow in a project: those granted there, when the call acts there, and in the account.</summary>
    public static TenantCredential Of(Caller caller, string project)
    {
        var roles = caller.RolesIn(project);
        var mayWrite = caller.IsAccountRoot || s_actions.IsAdministeredBy(roles);
        var mayRead = mayWrite || s_actions.IsReadBy(roles);
        return mayRead || caller.ActsIn(project)
            ? new(caller.DomainName, mayRead, mayWrite) { Caller = caller }
            : Refused(new(
                DiscoveryCodes.Unauthorized,
                $"the credential acts in {caller.ProjectName ?? "no project"}, not in {project}, and its user has no role in the whole account"));
    }

    /// <summary>What the roles of an account of a service's own allow. It belongs to no domain.</summary>
    public static TenantCredential Of(IServiceAccount account) => new(null, false, false) { Account = account };

    /// <summary>Which roles would let a user look, or change something.</summary>
    internal static DecisionStep Explain(bool isRead)
    {
        var least = isRead ? s_actions.Readers[0] : RoleNames.Developer;
        string[] all = [.. isRead ? [.. s_actions.Readers, RoleNames.TenantGuest] : (string[])[], RoleNames.Developer, RoleNames.Administrator, RoleNames.TenantAdministrator];
        return new(
            DecisionStage.Policy,
            new("action", isRead ? "read" : "write"),
            new("needs one of the roles", string.Join(", ", all)),
            new("smallest grant", $"{least} in the project"))
        {
            Change = Grants.OfRole(least, inProject: true),
        };
    }

    public static TenantCredential Refused(ApiException refusal) => new(null, false, false, refusal);
}
