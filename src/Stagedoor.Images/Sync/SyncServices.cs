using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Background.Jobs;
using Stagedoor.Errors;
using Stagedoor.Images.Jobs;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Tags;

namespace Stagedoor.Images.Sync;

/// <summary>Copies of images in other registries.</summary>
internal static class SyncServices
{
    /// <summary>The codes that every operation on the synchronization of a repository refuses with. Only administrators of its account have them.</summary>
    public static ErrorDefinition[] Refusals => [.. RepositoryGate.Refusals.Except([ImagesCodes.PermissionDenied]), ImagesCodes.OperationDenied];

    public static void AddSync(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<SyncOptions>().Bind(configuration.GetSection("Images:Sync")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<SyncOptions>, SyncOptionsValidator>();
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, SyncJson.Default));
        services.AddSingleton<SyncStore>();
        services.AddSingleton<RemoteRegistries>();
        services.AddSingleton<CopyContent>();
        services.AddSingleton<CopyReferrers>();
        services.AddSingleton<ITagListener, SyncListener>();
        services.AddSingleton(new RepositoryTable("sync_rules"));
        services.AddSingleton(new RepositoryTable("sync_jobs"));
        services.AddHostedService<SyncUpkeep>();
        services.AddJob<CopyTag>(static provider =>
        {
            var options = provider.GetRequiredService<IOptions<SyncOptions>>().Value;
            return new JobRunnerOptions { MaxConcurrency = options.Concurrency, MaxAttempts = options.Attempts };
        });
    }

    public static void MapSync(this IEndpointRouteBuilder manage)
    {
        CreateImageSyncRepo.Map(manage);
        ListImageAutoSyncReposDetails.Map(manage);
        DeleteImageSyncRepo.Map(manage);
        CreateManualImageSyncRepo.Map(manage);
        ShowSyncJob.Map(manage);
        ListSyncRegions.Map(manage);
    }
}
