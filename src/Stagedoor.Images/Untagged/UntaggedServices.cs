using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Untagged;

/// <summary>Manifests that nothing keeps.</summary>
internal static class UntaggedServices
{
    public static void AddUntagged(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, UntaggedJson.Default));
        services.AddSingleton<UntaggedManifests>();
        services.AddSingleton<ManifestList>();
        services.AddSingleton<ManifestPulls>();
        services.AddSingleton(new RepositoryTable("manifest_pulls"));
        services.AddSingleton(new RepositoryTable("untagged_manifests"));
        services.AddHostedService(static provider => provider.GetRequiredService<ManifestPulls>());
    }

    public static void MapUntagged(this IEndpointRouteBuilder manage) => ListManifests.Map(manage);
}
