using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Stagedoor.Identity.Secrets;

/// <summary>Adds Data Protection with the installation's key ring under its master key.</summary>
public static class KeyRingServices
{
    public static IServiceCollection AddKeyRing(this IServiceCollection services, Func<IServiceProvider, MasterKeySource> source)
    {
        services.TryAddSingleton<GatewayDb>();
        services.AddSingleton(provider => new MasterKey(source(provider)));
        services.AddSingleton<KeyRing>();
        services.AddDataProtection().SetApplicationName("stagedoor");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(static provider => new ConfigureOptions<KeyManagementOptions>(options =>
        {
            options.XmlRepository = provider.GetRequiredService<KeyRing>();
            options.XmlEncryptor = new MasterKeyEncryptor(provider.GetRequiredService<MasterKey>());
        }));
        return services;
    }
}
