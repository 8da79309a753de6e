using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Content.Blobs;
using Stagedoor.Content.Collection;
using Stagedoor.Content.Uploads;

namespace Stagedoor.Content;

public static class ContentServices
{
    /// <summary>
    /// Adds what keeps the content of one module. The module brings its <see cref="IBlobOwner"/>s, with a <see cref="BlobLinks"/> for each, and runs
    /// <see cref="Collector"/> and <see cref="Scrubber"/> from time to time.
    /// </summary>
    public static IServiceCollection AddContent(this IServiceCollection services, Func<IServiceProvider, ContentStore> open)
    {
        services.AddSingleton(open);
        services.AddSingleton<BlobUploads>();
        services.AddSingleton<BlobRows>();
        services.AddSingleton<BlobCheck>();
        services.AddSingleton<CollectorStore>();
        services.AddSingleton<CollectionGuard>();
        services.AddSingleton<CollectorState>();
        services.AddSingleton<IWarnings>(static provider => provider.GetRequiredService<CollectorState>());
        services.AddHostedService(static provider => provider.GetRequiredService<CollectorState>());
        services.AddSingleton<Aside>();
        services.AddSingleton<Collector>();
        services.AddSingleton<Scrubber>();
        services.AddSingleton<StoreRepair>();
        return services;
    }
}
