using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Stagedoor.Identity.Secrets;

/// <summary>Data Protection with the installation's key ring under its master key.</summary>
public static class KeyRingServices
{
    /// <summary>Adds it. Once, by the host: a module only asks for what protects.</summary>
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

    /// <summary>Proves that there is a master key, and that it opens the key ring that there is. Makes nothing.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="hasDatabase">The gateway's tables are there; else the first start makes them, and a key if none is given.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="MasterKeyException">The master key is missing, malformed, or another than the database was written with.</exception>
    public static async Task VerifyAsync(IServiceProvider services, bool hasDatabase, CancellationToken cancellationToken)
    {
        var (ring, key) = (services.GetRequiredService<KeyRing>(), services.GetRequiredService<MasterKey>());
        var hasRing = hasDatabase && await ring.AnyAsync(cancellationToken);
        if (hasRing)
        {
            await ring.VerifyAsync(cancellationToken);
        }
        else if (key.Path is null || File.Exists(key.Path))
        {
            _ = key.Fingerprint;
        }
    }
}
