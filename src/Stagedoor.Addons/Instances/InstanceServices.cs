using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Drivers.GitOps;
using Stagedoor.Addons.Drivers.Kubernetes;
using Stagedoor.Addons.Instances.Inspection;
using Stagedoor.Addons.Prechecks;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Requests;
using Stagedoor.Addons.UserReleases;
using Stagedoor.Background.Jobs;
using Stagedoor.Http.Describing;
using Stagedoor.Identity;

namespace Stagedoor.Addons.Instances;

/// <summary>Installing add-ons.</summary>
internal static class InstanceServices
{
    public static void AddInstances(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<OperationOptions>().Bind(configuration.GetSection("Addons:Operations")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<OperationOptions>, OperationOptionsValidator>();
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, InstancesJson.Default));
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, PrecheckJson.Default));
        services.AddSingleton(static provider => new ChartRenderer(provider.GetRequiredService<TimeProvider>(), new RenderLimits()));
        services.AddSingleton<AddonPlanner>();
        services.AddSingleton<InstanceStore>();
        services.AddSingleton<InstanceAnswers>();
        services.AddSingleton<ClusterReads>();
        services.AddSingleton<Install>();
        services.AddSingleton<RegisteredAddons>();
        services.AddSingleton<Removals>();
        services.AddSingleton<ClusterRemovals>();
        services.AddSingleton<IAddonCatalog, AddonCatalog>();
        services.AddSingleton<ClusterAccess>();
        services.AddSingleton<IClusterAccess>(static provider => provider.GetRequiredService<ClusterAccess>());
        services.AddJobs();
        services.AddHostedService<HealthUpkeep>();
    }

    public static void MapInstances(this RouteGroupBuilder group)
    {
        var addons = group.Guard().SpeaksJson(InstancesJson.Wire).PathParameter("id", "The instance's id.");
        CreateAddonInstance.Map(addons);
        ListAddonInstances.Map(addons);
        ShowAddonInstance.Map(addons);
        UpdateAddonInstance.Map(addons);
        DeleteAddonInstance.Map(addons);
        RollbackAddonInstance.Map(addons);
        DiffAddonInstance.Map(addons);
        ListAddonResources.Map(addons);
        ListAddonRecords.Map(addons);
        ReadAddonLog.Map(addons);
    }

    /// <summary>The driver that writes files.</summary>
    public static void AddGitOps(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<GitOpsOptions>().Bind(configuration.GetSection("Addons:GitOps")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<GitOpsOptions>, GitOpsOptionsValidator>();
        services.AddSingleton<IClusterDriver>(static provider =>
        {
            var clock = provider.GetRequiredService<TimeProvider>();
            IReadOnlyList<string> roots = [.. provider.GetRequiredService<IOptions<GitOpsOptions>>().Value.Roots];
            return new GitOpsDriver(
                roots.Count > 0 ? roots : [Path.Combine(provider.GetRequiredService<IConfiguration>()["Data"] ?? "data", "gitops")], new GitOpsDisk(), new GitRepository(clock), clock);
        });
    }

    /// <summary>The driver that speaks with API servers.</summary>
    public static void AddKubernetes(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<KubernetesOptions>().Bind(configuration.GetSection("Addons:Kubernetes")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<KubernetesOptions>, KubernetesOptionsValidator>();
        services.TryAddSingleton<NameLookup>();
        services.AddSingleton<ClusterNetworks>();
        services.AddSingleton<ClusterApis>();
        services.AddSingleton<IClusterDriver, KubernetesDriver>();
    }

    private static void AddJobs(this IServiceCollection services)
    {
        services.AddSingleton<AddonsJobs>();
        services.AddHostedService<JobUpkeep>();
        services.AddSingleton<OperationJob>();
        services.AddSingleton<OperationAttempts>();
        services.AddSingleton<ReleaseJob>();
        services.AddSingleton<PrecheckStore>();
        services.AddSingleton<PrecheckRun>();
        services.AddSingleton<PrecheckJob>();

        // Not as AddHostedService does it, which takes one of a type only.
        services.AddSingleton<IHostedService>(static provider =>
        {
            var options = provider.GetRequiredService<IOptions<OperationOptions>>().Value;
            return new JobRunner(
                provider.GetRequiredService<AddonsJobs>().Store,
                [provider.GetRequiredService<OperationJob>(), provider.GetRequiredService<ReleaseJob>(), provider.GetRequiredService<PrecheckJob>()],
                new() { MaxConcurrency = options.AtOnce, MaxPerLane = options.PerCluster, Faults = provider.GetService<IJobFaults>() },
                provider.GetRequiredService<IdSource>().NewId(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<OperationJob>>(),
                provider.GetService<IRecorder>());
        });
    }
}
