using Microsoft.Extensions.Options;
using Stagedoor.Identity.Secrets;

namespace Stagedoor.Serve;

/// <summary>
/// Sets up Data Protection, which is the installation's and no module's: whatever seals something, modules and pages alike, does so with one key ring
/// under one master key.
/// </summary>
internal static class ProtectionComposition
{
    internal static IServiceCollection AddProtection(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<MasterKeyOptions>().Bind(configuration.GetSection("Gateway"));
        return services.AddKeyRing(static provider =>
        {
            var settings = provider.GetRequiredService<IOptions<MasterKeyOptions>>().Value;
            return new(settings.MasterKey, settings.MasterKeyFile, provider.GetRequiredService<DataDirectory>().Root);
        });
    }
}
