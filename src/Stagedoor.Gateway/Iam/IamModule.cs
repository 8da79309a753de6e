using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Stagedoor.Gateway.Iam.Domains;
using Stagedoor.Gateway.Iam.Credentials;
using Stagedoor.Gateway.Iam.Projects;
using Stagedoor.Gateway.Iam.Roles;
using Stagedoor.Gateway.Iam.Secrets;
using Stagedoor.Gateway.Iam.Tokens;
using Stagedoor.Gateway.Iam.Users;

namespace Stagedoor.Gateway.Iam;

/// <summary>Accounts, projects, users, roles, access keys and tokens, and the part of the IAM API that clients use.</summary>
public static class IamModule
{
    public static IServiceCollection AddIam(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<IamOptions>().Bind(configuration.GetSection("Gateway")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<IamOptions>, IamOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IdSource>();
        services.TryAddSingleton<GatewayDb>();

        services.AddSingleton<MasterKey>();
        services.AddSingleton<KeyRing>();
        services.AddDataProtection().SetApplicationName("stagedoor");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(static provider => new ConfigureOptions<KeyManagementOptions>(options =>
        {
            options.XmlRepository = provider.GetRequiredService<KeyRing>();
            options.XmlEncryptor = new MasterKeyEncryptor(provider.GetRequiredService<MasterKey>());
        }));
        services.AddSingleton<SecretKeys>();
        services.AddSingleton<Passwords>();

        services.AddSingleton<DomainStore>();
        services.AddSingleton<ProjectStore>();
        services.AddSingleton<UserStore>();
        services.AddSingleton<RoleStore>();
        services.AddSingleton<CredentialStore>();
        services.AddSingleton<RevocationStore>();
        services.AddSingleton<LoginFailureStore>();
        services.AddSingleton<TokenSeal>();
        services.AddSingleton<Logins>();
        services.AddSingleton<Identities>();
        services.AddSingleton<IIdentities>(static provider => provider.GetRequiredService<Identities>());
        services.AddSingleton<IRegistryLogins, RegistryLogins>();
        services.AddSingleton<Accounts>();
        services.AddHostedService<IdentityUpkeep>();
        return services;
    }

    public static IEndpointRouteBuilder MapIam(this IEndpointRouteBuilder routes) => routes;
}
