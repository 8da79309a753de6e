using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Discovery.Monitoring;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Storage;

namespace Stagedoor.Discovery;

/// <summary>The microservice engine: registry, discovery and the dashboard's metrics.</summary>
public static class DiscoveryModule
{
    private const long MaxBody = 2 * 1024 * 1024;

    /// <summary>Adds the module's services. Needs a database engine and access key logins.</summary>
    public static IServiceCollection AddDiscovery(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<DiscoveryOptions>().Bind(configuration.GetSection("Discovery")).ValidateOnStart();
        services.AddOptions<QuotaOptions>().Bind(configuration.GetSection("Discovery:Quotas")).ValidateOnStart();
        services.AddOptions<MetricsOptions>().Bind(configuration.GetSection("Discovery:Metrics")).ValidateOnStart();
        services.AddOptions<RbacOptions>().Bind(configuration.GetSection("Discovery:Rbac")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DiscoveryOptions>, DiscoveryOptionsValidator>();
        services.AddSingleton<IValidateOptions<QuotaOptions>, QuotaOptionsValidator>();
        services.AddSingleton<IValidateOptions<MetricsOptions>, MetricsOptionsValidator>();
        services.AddSingleton<IValidateOptions<RbacOptions>, RbacOptionsValidator>();
        services.AddSingleton<DiscoveryDb>();
        services.AddSingleton<ICredentialReader, KeyHeaders>();
        services.AddSingleton<Admission>();
        services.AddMonitoring();
        return services;
    }

    /// <summary>Maps the module's routes.</summary>
    public static IEndpointRouteBuilder MapDiscovery(this IEndpointRouteBuilder routes)
    {
        var unmatched = routes.ServiceProvider.GetRequiredService<UnmatchedRoutes>();
        foreach (var prefix in (string[])["/v4", "/registry/v3"])
        {
            unmatched.AddBadQuery(prefix, DiscoveryCodes.InvalidParameter);
        }

        MapDashboard(routes.MapGroup("").OfService("discovery").Conventions());
        return routes;
    }

    /// <summary>Brings the module's tables to the newest state and its memory to the tables'.</summary>
    /// <exception cref="StorageException">The database failed, or it is newer than this program.</exception>
    public static Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken) => MigrationRunner.RunAsync(
        services.GetRequiredService<DiscoveryDb>(), typeof(DiscoveryModule).Assembly, services.GetRequiredService<TimeProvider>(), cancellationToken);

    // The dashboard's own operations: Monitoring/.
    private static void MapDashboard(IEndpointRouteBuilder routes) => routes.MapMonitoring();

    // The engine checks credentials itself, since its clients expect its own code and send headers of their own.
    private static T Conventions<T>(this T group)
        where T : IEndpointConventionBuilder => group
        .Authenticate(AuthMode.Passthrough)
        .Unthrottled()
        .LimitBody(MaxBody)
        .BadRequestAs(DiscoveryCodes.InvalidParameter, DiscoveryCodes.InvalidParameter)
        .UnexpectedAs(DiscoveryCodes.Internal)
        .CanFail(DiscoveryCodes.InvalidParameter, DiscoveryCodes.Unauthorized, ServiceCenterCodes.Forbidden);
}
