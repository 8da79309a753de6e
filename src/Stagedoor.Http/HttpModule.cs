using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Stagedoor.Http;

/// <summary>What every module's HTTP surface shares: the error middleware and the settings of body binding.</summary>
public static class HttpModule
{
    public static IServiceCollection AddStagedoorHttp(this IServiceCollection services, IConfiguration configuration)
    {
        services.Configure<ErrorOptions>(options => options.SdkAliases = configuration.GetValue("Errors:SdkAliases", defaultValue: true));
        Encoding.RegisterProvider(Utf8Alias.Instance);
        services.AddSingleton<UnmatchedRoutes>();
        services.AddScoped<CallerSlot>();
        services.AddScoped(static provider => provider.GetRequiredService<CallerSlot>().Require());
        // Without this an unreadable body is an empty 400.
        services.Configure<RouteHandlerOptions>(static options => options.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(static options => options.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
        return services;
    }

    public static IApplicationBuilder UseStagedoorErrors(this IApplicationBuilder app) => app.UseMiddleware<ErrorMiddleware>();
}
