using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Discovery.Accounts.Roles;
using Stagedoor.Http;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Accounts;

/// <summary>The account whose token came with a request. A handler that takes one admits nobody else, not even the gateway's users.</summary>
/// <param name="Name">The account's name.</param>
/// <param name="Roles">Names of its roles.</param>
/// <param name="Permissions">What they allow at this moment.</param>
internal sealed record AccountCaller(string Name, IReadOnlyList<string> Roles, IReadOnlyList<Permission> Permissions) : IServiceAccount
{
    public bool IsAdmin => Roles.Contains(Role.Admin, StringComparer.Ordinal);

    public bool MayWrite => May(ResourceType.Service, Verb.Create) || May(ResourceType.Service, Verb.Update);

    public bool May(string type, string verb) => Permissions.Any(permission => permission.Allows(type, verb));

    public bool Is(string name) => string.Equals(Name, name, StringComparison.Ordinal);

    /// <summary>Why nobody changes that account, or not with this one; null when nothing is against it.</summary>
    public ApiException? FindObjection(string name) =>
        string.Equals(name, Account.Root, StringComparison.Ordinal) ? AccountError.BuiltInAccount()
        : Is(name) ? AccountError.OwnAccount(name)
        : null;

    /// <summary>Admits the caller of a handler that takes an account.</summary>
    /// <exception cref="ApiException">The request has no token of an account, or its account may not.</exception>
    public static async ValueTask<AccountCaller?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        // Users of the gateway belong to one domain each; accounts of the engine reach all of them.
        var account = (await context.RequestServices.GetRequiredService<TenantAdmission>().IdentifyAsync(context)).Account as AccountCaller
            ?? throw DiscoveryError.Forbidden("accounts and roles are managed with the token of an account, from POST /v4/token");
        account.Demand(context);
        return account;
    }

    /// <inheritdoc/>
    public void Demand(HttpContext context)
    {
        var endpoint = context.GetEndpoint()!;
        if (endpoint.Metadata.GetMetadata<OwnAccountMetadata>() is not null)
        {
            return;
        }

        var (type, verb) = (ResourceType.Of(endpoint), ResourceType.VerbOf(context));
        if (!May(type, verb))
        {
            throw DiscoveryError.Forbidden($"the roles of account[{Name}] do not allow {verb} on {type}");
        }
    }
}
