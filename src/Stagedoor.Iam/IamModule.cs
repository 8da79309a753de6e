using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Iam.Credentials;
using Stagedoor.Iam.Domains;
using Stagedoor.Iam.Projects;
using Stagedoor.Iam.Roles;
using Stagedoor.Iam.Secrets;
using Stagedoor.Iam.Tokens;
using Stagedoor.Iam.Users;
using Stagedoor.Identity;
using Stagedoor.Identity.Secrets;
using Stagedoor.Storage;

namespace Stagedoor.Iam;

/// <summary>Accounts, projects, users, roles, access keys and tokens, and the part of the IAM API that clients use.</summary>
public sealed class IamModule : IModule
{
    private const int MaximumBodyBytes = 64 * 1024;

    public string Name => "iam";

    internal static ModuleActions Actions { get; } = new("iam") { IsApart = true, Administrators = [RoleNames.SecurityAdministrator] };

    public ModuleTraits Traits { get; } = new()
    {
        IsAlwaysOn = true,
        Database = new("gateway", "domain", typeof(GatewayDb).Assembly),
        Settings = [("Gateway", typeof(IamOptions))],
        Actions = Actions,
        // Those that are no single module's.
        Roles =
        [
            new(RoleNames.TenantAdministrator, "Tenant Administrator", "Everything except IAM"),
            new(RoleNames.SecurityAdministrator, "Security Administrator", "IAM: users, keys, projects and roles of the account", IsGlobal: true),
            new(RoleNames.AgentOperator, "Agent Operator", "Assume agencies", IsGlobal: true),
            new(RoleNames.TenantGuest, "Tenant Guest", "Read everything except IAM"),
            new(RoleNames.Developer, "ServiceStage Developer", "Develop applications; read images"),
            new(RoleNames.Operator, "ServiceStage Operator", "Look at applications"),
            new(RoleNames.Administrator, "ServiceStage Administrator", "Everything of ServiceStage"),
        ],
        // The last two have an address before they have a module.
        Catalog = [("iam", "/v3"), ("cce", "/api/v3")],
    };

    /// <summary>Adds the module's services. Needs a database engine and data protection.</summary>
    public void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<IamOptions>().Bind(configuration.GetSection("Gateway")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<IamOptions>, IamOptionsValidator>();
        services.AddSingleton<IValidateOptions<IamOptions>, IamOptionsRules>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IdSource>();
        services.AddSingleton<SecretKeys>();
        services.AddSingleton<Passwords>();

        services.AddSingleton<DomainStore>();
        services.AddSingleton<ProjectStore>();
        services.AddSingleton<UserStore>();
        services.AddSingleton<RoleStore>();
        services.AddSingleton<SystemRoles>();
        services.AddSingleton<CredentialStore>();
        services.AddSingleton<RevocationStore>();
        services.AddSingleton<LoginFailureStore>();
        services.AddSingleton(static provider => new TokenSeal<TokenClaims>(provider.GetRequiredService<IDataProtectionProvider>(), TokenClaims.Form));
        services.AddSingleton<TokenDesk>();
        services.AddSingleton<SubjectToken>();
        services.AddSingleton<GrantTarget>();
        services.AddLoginGuard();
        services.AddSingleton<Logins>();
        services.AddKeyedSingleton(nameof(IamModule), static (provider, _) => new LoginThrottle(
            provider.GetRequiredService<IOptions<IamOptions>>().Value.LoginsPerMinute, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<CallerRules>();
        services.AddSingleton<Identities>();
        services.AddSingleton<IIdentities>(static provider => provider.GetRequiredService<Identities>());
        services.AddSingleton<IRegistryLogins, RegistryLogins>();
        services.AddSingleton<AccessKeyLogins>();
        services.AddSingleton<IAccessKeyLogins>(static provider => provider.GetRequiredService<AccessKeyLogins>());
        services.AddSingleton<ICallers, Callers>();
        services.AddSingleton<IAccountUsers, AccountUsers>();
        services.AddSingleton<IAccountProjects, AccountProjects>();
        services.AddSingleton<TemporaryKeys>();
        services.AddSingleton<ITemporaryKeys>(static provider => provider.GetRequiredService<TemporaryKeys>());
        services.AddSingleton<IAccountNames, AccountNames>();
        services.AddSingleton<Accounts>();
        services.AddSingleton<IOperatorAccount, OperatorAccount>();
        services.AddHostedService<IdentityUpkeep>();
        services.AddSingleton<IStartupFilter, IamTraceHeader>();
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, IamJson.Default));
    }

    public void Map(IEndpointRouteBuilder routes)
    {
        var iam = routes.MapGroup("")
            .OfService("iam")
            .DecidesItself()
            .FaultsAs(IamCodes.Internal)
            .BadRequestAs(IamCodes.InvalidBody, tooLarge: GatewayCodes.BodyTooLarge)
            .LimitBody(MaximumBodyBytes)
            .PathParameter("id", "The id.")
            .PathParameter("access", "The access key.")
            .PathParameter("scope", "The id of the account or of the project.")
            .PathParameter("user", "The id of the user.")
            .PathParameter("role", "The id of the role.");
        CreateToken.Map(iam);
        GetToken.Map(iam);
        DeleteToken.Map(iam);
        GetCatalog.Map(iam);
        ListAuthDomains.Map(iam);
        ListRegions.Map(iam);
        ListProjects.Map(iam);
        ListAuthProjects.Map(iam);
        GetProject.Map(iam);
        CreateProject.Map(iam);
        UpdateProject.Map(iam);
        SetProjectStatus.Map(iam);
        ListUsers.Map(iam);
        GetUser.Map(iam);
        CreateUser.Map(iam);
        CreateContactUser.Map(iam);
        UpdateUser.Map(iam);
        DeleteUser.Map(iam);
        ChangePassword.Map(iam);
        CreateCredential.Map(iam);
        ListCredentials.Map(iam);
        GetCredential.Map(iam);
        UpdateCredential.Map(iam);
        DeleteCredential.Map(iam);
        ListRoles.Map(iam);
        foreach (var (kind, noun) in (ReadOnlySpan<(string, string)>)[("domains", "Domain"), ("projects", "Project")])
        {
            GrantRole.Map(iam, kind, noun);
            RevokeRole.Map(iam, kind, noun);
            CheckRole.Map(iam, kind, noun);
            ListUserRoles.Map(iam, kind, noun);
        }
    }

    public Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken) => MigrationRunner.RunAsync(
        services.GetRequiredService<GatewayDb>(), typeof(GatewayDb).Assembly, services.GetRequiredService<TimeProvider>(), cancellationToken);

    /// <summary>
    /// Proves that the master key opens the key ring, and on an empty installation creates the first account. Any number of replicas
    /// may do this at once.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="persist">Receives the credentials before they are valid, so that they cannot be lost; null to do without.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The first account's credentials; null when there are accounts.</returns>
    /// <exception cref="MasterKeyException">The master key is missing, malformed, or another than the database was written with.</exception>
    public static Task<FirstRunCredentials?> EnsureFirstRunAsync(
        IServiceProvider services, Func<FirstRunCredentials, Task>? persist, CancellationToken cancellationToken) =>
        services.GetRequiredService<Accounts>().EnsureFirstAsync(persist, cancellationToken);

    /// <inheritdoc cref="EnsureFirstRunAsync(IServiceProvider, Func{FirstRunCredentials, Task}?, CancellationToken)"/>
    public static Task<FirstRunCredentials?> EnsureFirstRunAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        EnsureFirstRunAsync(services, null, cancellationToken);

    /// <summary>Creates an account with its default project and a root user of the same name that has a password and a key.</summary>
    /// <returns>What opens it; null when the name is taken.</returns>
    /// <exception cref="ArgumentException">The name is not 1 to 32 letters, digits, '_' and '-' beginning with a letter.</exception>
    public static Task<FirstRunCredentials?> CreateAccountAsync(IServiceProvider services, string name, CancellationToken cancellationToken) =>
        services.GetRequiredService<Accounts>().CreateAsync(name, cancellationToken);

    public static Task<IReadOnlyList<AccountSummary>> ListAccountsAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        services.GetRequiredService<Accounts>().ListAsync(cancellationToken);

    /// <summary>Lets an account's users in or out; false when there is no such account.</summary>
    public static Task<bool> SetAccountEnabledAsync(
        IServiceProvider services, string name, bool enabled, CancellationToken cancellationToken) =>
        services.GetRequiredService<Accounts>().SetEnabledAsync(name, enabled, cancellationToken);

    /// <summary>Gives a user a new random password, which ends its tokens; null when there is no such user.</summary>
    public static Task<string?> ResetPasswordAsync(
        IServiceProvider services, string account, string user, CancellationToken cancellationToken) =>
        services.GetRequiredService<Accounts>().ResetPasswordAsync(account, user, cancellationToken);
}
