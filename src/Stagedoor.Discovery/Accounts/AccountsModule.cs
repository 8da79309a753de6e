using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Discovery.Accounts.Logins;
using Stagedoor.Discovery.Accounts.Operations;
using Stagedoor.Discovery.Accounts.Roles;
using Stagedoor.Discovery.Accounts.Root;
using Stagedoor.Discovery.Accounts.Tokens;
using Stagedoor.Discovery.Log;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;
using Stagedoor.Identity;

namespace Stagedoor.Discovery.Accounts;

/// <summary>Accounts of the engine's own, for clients that log in with a name and a password.</summary>
internal static class AccountsModule
{
    public static void AddAccounts(this IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<RbacOptions>, RootPasswordRule>();
        services.AddSingleton<AccountDirectory>();

        // Also while the accounts are switched off: their rows stay what they are.
        services.AddSingleton<IEntryKind, AccountEntries>();
        services.AddSingleton<IEntryKind, RoleEntries>();
        services.AddLoginGuard();
        services.AddSingleton<LoginLocks>();
        services.AddSingleton(static provider => new TokenSeal<AccountClaims>(provider.GetRequiredService<IDataProtectionProvider>(), AccountClaims.Form));
        services.AddSingleton<LoginDesk>();
        services.AddSingleton<ITenantCredentialReader, BearerTokens>();
        services.AddSingleton<AccountWriter>();
        services.AddSingleton<RoleWriter>();
        services.AddHostedService<RootAccount>();
    }

    /// <summary>Maps the routes, unless the accounts are switched off: clients take the 404 of <c>/v4/token</c> to mean that they need none.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        if (!routes.ServiceProvider.GetRequiredService<IOptions<RbacOptions>>().Value.Enabled)
        {
            return;
        }

        var accounts = routes.MapGroup("/v4").WithMetadata(new ResourceMetadata(ResourceType.Account)).SpeaksJson(AccountsJson.Wire)
            .PathParameter("name", "The name of the account.");
        CreateAccountToken.Map(accounts);
        ListOwnPermissions.Map(accounts);
        CreateAccount.Map(accounts);
        CreateAccounts.Map(accounts);
        ListAccounts.Map(accounts);
        ShowAccount.Map(accounts);
        UpdateAccount.Map(accounts);
        DeleteAccount.Map(accounts);
        ChangeAccountPassword.Map(accounts);
        ListAccountLocks.Map(accounts);

        var roles = routes.MapGroup("/v4").WithMetadata(new ResourceMetadata(ResourceType.Role)).SpeaksJson(AccountsJson.Wire)
            .PathParameter("name", "The name of the role.");
        CreateAccountRole.Map(roles);
        ListAccountRoles.Map(roles);
        ShowAccountRole.Map(roles);
        UpdateAccountRole.Map(roles);
        DeleteAccountRole.Map(roles);
    }
}
