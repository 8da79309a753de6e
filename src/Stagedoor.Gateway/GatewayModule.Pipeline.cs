using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Stagedoor.Gateway.Audit;
using Stagedoor.Gateway.Pipeline;
using Stagedoor.Http;

namespace Stagedoor.Gateway;

/// <summary>The gateway: what every request passes, and identity management.</summary>
public static partial class GatewayModule
{
    /// <summary>Adds what <see cref="UseGateway"/> needs.</summary>
    public static IServiceCollection AddGatewayPipeline(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<GatewayOptions>().Bind(configuration.GetSection("Gateway")).ValidateOnStart();
        services.Configure<GatewayOptions>(options => options.ExternalUrl = configuration["ExternalUrl"] ?? options.ExternalUrl);
        services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>();
        services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayOptionsRules>();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IdSource>();
        services.TryAddSingleton<GatewayDb>();
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<RequestLog>();
        services.AddSingleton<WaitingBodies>();
        services.AddSingleton<PathReadings>();
        services.AddSingleton<RoutePolicies>();
        services.TryAddSingleton(AccessKeyLocks.Of);
        services.AddSingleton(static provider =>
        {
            var settings = provider.GetRequiredService<IOptions<GatewayOptions>>().Value;
            return new LoopbackTrust(settings.TrustedProxies.Count == 0 && string.IsNullOrEmpty(settings.ExternalUrl));
        });
        services.AddSingleton<FailureBursts>();
        services.AddSingleton<Authenticator>();
        services.TryAddSingleton<AuditLog>();
        services.AddSingleton<AuditStore>();
        services.AddSingleton<AuditKey>();
        services.AddSingleton<AuditVerifier>();
        services.AddHostedService<AuditWriter>();
        services.AddHostedService<AuditRetention>();
        return services;
    }

    /// <summary>
    /// Adds the whole pipeline in its order: request id and limits, error bodies, routing, rates, authentication, policy, audit. It calls
    /// <c>UseStagedoorErrors</c> and <c>UseRouting</c> itself and has to come before anything else that answers. The server in front has to
    /// let through request lines of 64 KiB and headers of 256 KiB, so that what is too long is refused here, with a code.
    /// </summary>
    public static IApplicationBuilder UseGateway(this IApplicationBuilder app) => app
        .UseMiddleware<ArrivalMiddleware>()
        .UseStagedoorErrors()
        .UseRouting()
        .UseMiddleware<AdmissionMiddleware>();

    /// <summary>Looks whether the audit log is as it was written.</summary>
    public static Task<AuditCheck> VerifyAuditAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        services.GetRequiredService<AuditVerifier>().VerifyAsync(cancellationToken);

    /// <summary>Maps the gateway's own operations: the audit log.</summary>
    public static IEndpointRouteBuilder MapGatewayPipeline(this IEndpointRouteBuilder routes)
    {
        ListAuditRecords.Map(routes);
        return routes;
    }
}
