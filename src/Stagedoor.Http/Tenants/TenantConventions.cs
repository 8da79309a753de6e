using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http.Describing;
using Stagedoor.Storage;

namespace Stagedoor.Http.Tenants;

/// <summary>Makes a module one that the engine's clients call: see <see cref="TenantAdmission"/>.</summary>
public static class TenantConventions
{
    private const long MaxBody = 2 * 1024 * 1024;

    /// <summary>Adds what admits callers. Modules that run together share it.</summary>
    /// <typeparam name="TDb">The module's database: only where it is the embedded one is this machine all that there is.</typeparam>
    public static IServiceCollection AddTenants<TDb>(this IServiceCollection services, IConfiguration configuration)
        where TDb : Db
    {
        // Where accounts of their own are demanded they are also demanded by a process that does not keep them.
        var demandsAccount = configuration.GetSection("Discovery:Rbac").GetValue("Enabled", false);
        services.AddOptions<TenantOptions>().Bind(configuration.GetSection("Discovery")).ValidateOnStart();
        services.TryAddSingleton(provider => new AnonymousTrust(
            provider.GetRequiredService<IOptions<TenantOptions>>().Value.Anonymous is AnonymousCallers.Loopback
            && !demandsAccount
            && provider.GetRequiredService<TDb>().Engine is "sqlite"));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ITenantCredentialReader, KeyHeaders>());
        services.TryAddSingleton<TenantAdmission>();
        return services;
    }

    // The module checks credentials itself, since its clients expect its own code and send headers of their own.

    /// <summary>Leaves the check of credentials to <see cref="TenantAdmission"/>, and says what every operation of the group can fail with.</summary>
    public static T AdmitsTenants<T>(this T group)
        where T : IEndpointConventionBuilder => group
        .Authenticate(AuthMode.Passthrough)
        .Takes(ApiCredential.Token, ApiCredential.Signature, ApiCredential.KeyHeaders, ApiCredential.AccountToken)
        .Unthrottled()
        .LimitBody(MaxBody)
        .BadRequestAs(DiscoveryCodes.InvalidParameter, DiscoveryCodes.InvalidParameter)
        .UnexpectedAs(DiscoveryCodes.Internal)
        .CanFail(DiscoveryCodes.InvalidParameter, DiscoveryCodes.Unauthorized, ServiceCenterCodes.TokenExpired, ServiceCenterCodes.Forbidden);
}
