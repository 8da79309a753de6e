using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Stagedoor.Http;

/// <summary>What every module's HTTP surface shares: the error middleware and the settings of body binding.</summary>
public static class HttpModule
{
    public static IServiceCollection AddStagedoorHttp(this IServiceCollection services, IConfiguration configuration)
    {
        services.Configure<ErrorOptions>(options => options.SdkAliases = configuration.GetValue("Errors:SdkAliases", defaultValue: true));
        Encoding.RegisterProvider(Utf8Alias.Instance);
        services.AddOptions<RequestLogOptions>().Configure(options => options.Requests = LoggedRequestsOf(configuration["Logging:Requests"])).ValidateOnStart();
        services.AddSingleton(static provider => UnmatchedRoutes.Of(provider.GetService<ModuleSet>()?.Running ?? []));
        services.AddSingleton<BoundListeners>();
        services.AddScoped<CallerSlot>();
        services.AddScoped(static provider => provider.GetRequiredService<CallerSlot>().Require());
        // Without this an unreadable body is an empty 400.
        services.Configure<RouteHandlerOptions>(static options => options.ThrowOnBadRequest = true);
        services.AddRouting();
        services.LeaveTypesToReaders();
        services.AddSingleton<MatcherPolicy, ListenerMatcherPolicy>();
        services.ConfigureHttpJsonOptions(static options => WireJson.Settle(options.SerializerOptions));
        return services;
    }

    /// <summary>
    /// Routing would refuse a body of another type before anybody has asked who calls; the reader of the body refuses it too. Whatever of the framework adds routing brings
    /// that back, so that this comes behind it.
    /// </summary>
    public static void LeaveTypesToReaders(this IServiceCollection services)
    {
        foreach (var policy in services.Where(static s => s.ServiceType == typeof(MatcherPolicy) && s.ImplementationType?.Name is "AcceptsMatcherPolicy").ToList())
        {
            services.Remove(policy);
        }
    }

    private static LoggedRequests LoggedRequestsOf(string? setting) =>
        setting is null ? LoggedRequests.Errors
        : Enum.TryParse<LoggedRequests>(setting, ignoreCase: true, out var logged) && Enum.IsDefined(logged) ? logged
        : throw new OptionsValidationException(nameof(RequestLogOptions), typeof(RequestLogOptions), [$"Logging:Requests is '{setting}'. Allowed are off, errors and all."]);

    public static IApplicationBuilder UseStagedoorErrors(this IApplicationBuilder app) => app.UseMiddleware<ErrorMiddleware>();
}
