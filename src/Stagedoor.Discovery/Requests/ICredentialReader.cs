using Microsoft.AspNetCore.Http;
using Stagedoor.Discovery.Accounts;
using Stagedoor.Http;

namespace Stagedoor.Discovery.Requests;

/// <summary>Reads one kind of credential that belongs to the engine and not to the gateway.</summary>
internal interface ICredentialReader
{
    /// <summary>Whether the request carries one of this kind.</summary>
    bool IsThere(HttpContext context);

    /// <summary>Who calls, or why the credential is no good; null when the request carries none of this kind.</summary>
    /// <param name="context">The request.</param>
    /// <param name="project">The path's project.</param>
    ValueTask<Credential?> ReadAsync(HttpContext context, string project);
}

/// <summary>What a credential says.</summary>
/// <param name="Domain">The domain that it fixes; null when it fixes none.</param>
/// <param name="MayRead">Whether its owner may look.</param>
/// <param name="MayWrite">Whether its owner may change.</param>
/// <param name="Refusal">The answer to a credential that is no good; null when it is good.</param>
internal sealed record Credential(string? Domain, bool MayRead, bool MayWrite, ApiException? Refusal = null)
{
    private static readonly string[] s_writers = [RoleNames.TenantAdministrator, RoleNames.Administrator, RoleNames.Developer];
    private static readonly string[] s_readers = [RoleNames.TenantGuest, RoleNames.Operator];

    /// <summary>The engine's own account that it is a token of, whose roles decide instead; null for everybody else.</summary>
    public AccountCaller? Account { get; init; }

    /// <summary>The user of the gateway's that it belongs to; null for everybody else.</summary>
    public Caller? Caller { get; init; }

    /// <summary>What the roles of a user of the account allow in a project: those granted there, when the call acts there, and in the account.</summary>
    public static Credential Of(Caller caller, string project)
    {
        var roles = caller.RolesIn(project);
        var mayWrite = caller.IsAccountRoot || s_writers.Any(w => roles.Contains(w, StringComparer.Ordinal));
        var mayRead = mayWrite || s_readers.Any(r => roles.Contains(r, StringComparer.Ordinal));
        return mayRead || caller.ActsIn(project)
            ? new(caller.DomainName, mayRead, mayWrite) { Caller = caller }
            : Refused(DiscoveryError.Unauthorized(
                $"the credential acts in {caller.ProjectName ?? "no project"}, not in {project}, and its user has no role in the whole account"));
    }

    /// <summary>What the roles of an account of the engine's own allow. It belongs to no domain.</summary>
    public static Credential Of(AccountCaller account) => new(null, false, false) { Account = account };

    public static Credential Refused(ApiException refusal) => new(null, false, false, refusal);
}
