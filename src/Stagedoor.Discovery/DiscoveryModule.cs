using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Discovery.Accounts;
using Stagedoor.Discovery.Finding;
using Stagedoor.Discovery.Governance;
using Stagedoor.Discovery.Health;
using Stagedoor.Discovery.Instances;
using Stagedoor.Discovery.Leasing;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Log.Entries;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Microservices;
using Stagedoor.Discovery.Quotas;
using Stagedoor.Discovery.Relations;
using Stagedoor.Discovery.Replication;
using Stagedoor.Discovery.Requests;
using Stagedoor.Discovery.Rules;
using Stagedoor.Discovery.Schemas;
using Stagedoor.Discovery.Tags;
using Stagedoor.Discovery.Watching;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Tenants;
using Stagedoor.Storage;

namespace Stagedoor.Discovery;

/// <summary>The microservice engine: registry and discovery.</summary>
public sealed class DiscoveryModule : IModule
{
    /// <summary>The port of the original registry, where clients look for it.</summary>
    internal static ModuleListener ServiceCenter { get; } = new("Service Center", "Discovery:Listen", "30100");

    public string Name => "discovery";

    public ModuleTraits Traits { get; } = new()
    {
        Database = new("discovery", "entry", typeof(DiscoveryModule).Assembly),
        Settings =
        [
            ("Discovery", typeof(TenantOptions)),
            ("Discovery", typeof(DiscoveryOptions)),
            ("Discovery:Quotas", typeof(QuotaOptions)),
            ("Discovery:Rbac", typeof(RbacOptions)),
        ],
        Audit = "CSE",
        Catalog = [("cse", "/v4/{project_id}")],
        Listeners = [ServiceCenter],
        Unmatched =
        [
            new("/v4", BadQuery: DiscoveryCodes.InvalidParameter),
            new("/registry/v3", BadQuery: DiscoveryCodes.InvalidParameter),
        ],
        Title = new("Discovery", "微服务引擎")
        {
            Nouns = new Dictionary<string, string>(StringComparer.Ordinal) { ["microservices"] = "个微服务", ["instances"] = "个实例" },
        },
    };

    /// <summary>Adds the module's services. Needs a database engine and access key logins.</summary>
    public void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<DiscoveryOptions>().Bind(configuration.GetSection("Discovery")).ValidateOnStart();
        services.AddOptions<QuotaOptions>().Bind(configuration.GetSection("Discovery:Quotas")).ValidateOnStart();
        services.AddOptions<RbacOptions>().Bind(configuration.GetSection("Discovery:Rbac")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DiscoveryOptions>, DiscoveryOptionsValidator>();
        services.AddSingleton<IValidateOptions<QuotaOptions>, QuotaOptionsValidator>();
        services.AddSingleton<IValidateOptions<RbacOptions>, RbacOptionsValidator>();
        services.AddSingleton<DiscoveryDb>();
        services.AddTenants<DiscoveryDb>(configuration);
        AddEngine(services);
        services.AddAccounts();
        services.AddSingleton(new SelfAddress(configuration["ExternalUrl"]));
        services.AddSingleton<SharedServices>();
        services.AddSingleton<MicroserviceWriter>();
        services.AddSingleton<RegistrationParts>();
        services.AddSingleton<InstanceRules>();
        services.AddSingleton<InstanceWriter>();
        services.AddSingleton<TagWriter>();
        services.AddSingleton<SchemaLocks>();
        services.AddSingleton<ContractWriter>();
        services.AddSingleton<RuleWriter>();
        services.AddSingleton<DependencyWriter>();
        services.AddSingleton<RelatedServices>();
        services.AddSingleton<GovernanceReader>();
        services.AddSingleton<Finder>();
        services.AddSingleton<Sockets>();
        services.AddSingleton<QuotaService>();
        services.AddSingleton<Quota>();
        services.AddHostedService<SelfRegistration>();
    }

    public void Map(IEndpointRouteBuilder routes)
    {
        // The first generation's paths name no project; they are the same operations.
        MapRegistry(routes.MapGroup("/v4/{project}/registry").AsEngine(ServiceCenter).FaultsAs(DiscoveryCodes.BackendUnavailable));
        MapRegistry(routes.MapGroup("/registry/v3").AsEngine(ServiceCenter).FaultsAs(DiscoveryCodes.BackendUnavailable).Nameless());
        MapGovernance(routes.MapGroup("/v4/{project}/govern").AsEngine(ServiceCenter).FaultsAs(DiscoveryCodes.BackendUnavailable));
        MapAdmin(routes.MapGroup("/v4/{project}/admin").AsEngine(ServiceCenter).WithMetadata(new OperatorsOnlyMetadata()));
        EngineHealth.MapHealth(routes.MapGroup("").AsEngine(ServiceCenter).Nameless());
        AccountsModule.Map(routes.MapGroup("").AsEngine(ServiceCenter));
    }

    /// <inheritdoc/>
    /// <exception cref="StorageException">The database failed, or it is newer than this program.</exception>
    public async Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        await MigrationRunner.RunAsync(
            services.GetRequiredService<DiscoveryDb>(), typeof(DiscoveryModule).Assembly, services.GetRequiredService<TimeProvider>(), cancellationToken);
        await services.GetRequiredService<RegistryWriter>().LoadAsync(cancellationToken);
    }

    private static void AddEngine(IServiceCollection services)
    {
        services.AddSingleton<Registry>();
        services.AddSingleton<ICensus, RegistryCensus>();
        services.AddSingleton<IServiceAddresses, ServiceAddresses>();
        services.AddSingleton<Leases>();
        services.AddSingleton<Alarms>();
        services.AddSingleton<SelfProtection>();
        services.AddSingleton<RegistryListeners>();
        services.AddSingleton<EntryStore>();
        services.AddSingleton<EntryKinds>();
        services.AddSingleton<IEntryKind, ServiceEntries>();
        services.AddSingleton<IEntryKind, InstanceEntries>();
        services.AddSingleton<IEntryKind, ContractEntries>();
        services.AddSingleton<IEntryKind, TagEntries>();
        services.AddSingleton<IEntryKind, RuleEntries>();
        services.AddSingleton<IEntryKind, EdgeEntries>();
        services.AddSingleton<EntryMemory>();
        services.AddSingleton<StorePatience>();
        services.AddSingleton<EntryCommits>();
        services.AddSingleton<WriteQueue>();
        services.AddSingleton<RegistryWriter>();
        services.AddSingleton(static provider => new Lazy<RegistryWriter>(provider.GetRequiredService<RegistryWriter>));
        services.AddSingleton<Dependencies>();
        services.AddSingleton<WatchHub>();
        services.AddSingleton<IRegistryListener>(static provider => provider.GetRequiredService<WatchHub>());
        services.AddSingleton<RegistryReader>();
        services.AddSingleton<ReplicaFeed>();

        // They stop in the reverse order: the writer last, when nobody writes any more.
        services.AddHostedService(static provider => provider.GetRequiredService<RegistryWriter>());
        services.AddHostedService(static provider => provider.GetRequiredService<Dependencies>());
        services.AddHostedService(static provider => provider.GetRequiredService<ReplicaFeed>());
        services.AddSingleton<LeaseSweeper>();
        services.AddHostedService(static provider => provider.GetRequiredService<LeaseSweeper>());
        services.AddHostedService<TombstoneUpkeep>();
        services.AddHostedService<NameUpkeep>();
        services.AddHostedService<RegistryGauges>();
    }

    private static void MapRegistry(IEndpointRouteBuilder routes)
    {
        EngineHealth.Map(routes);
        RegisterMicroservice.Map(routes);
        ListMicroservices.Map(routes);
        ShowMicroservice.Map(routes);
        UpdateMicroserviceProperties.Map(routes);
        DeleteMicroservice.Map(routes);
        DeleteMicroservices.Map(routes);
        ShowExistence.Map(routes);
        ListSchemas.Map(routes);
        ShowSchema.Map(routes);
        PutSchema.Map(routes);
        PutSchemas.Map(routes);
        DeleteSchema.Map(routes);
        ListTags.Map(routes);
        ReplaceTags.Map(routes);
        SetTag.Map(routes);
        DeleteTags.Map(routes);
        AddDependencies.Map(routes);
        ReplaceDependencies.Map(routes);
        ListProviders.Map(routes);
        ListConsumers.Map(routes);
        RegisterInstance.Map(routes);
        ListInstances.Map(routes);
        ShowInstance.Map(routes);
        DeleteInstance.Map(routes);
        UpdateInstanceProperties.Map(routes);
        SetInstanceStatus.Map(routes);
        SetInstanceStatuses.Map(routes);
        Heartbeat.Map(routes);
        HeartbeatSet.Map(routes);
        HeartbeatSocket.Map(routes);
        FindInstances.Map(routes);
        FindInstancesBatch.Map(routes);
        WatchInstances.Map(routes);
        if (routes.ServiceProvider.GetRequiredService<IOptions<DiscoveryOptions>>().Value.Rules)
        {
            MapRules(routes);
        }
    }

    private static void MapRules(IEndpointRouteBuilder routes)
    {
        AddRules.Map(routes);
        ListRules.Map(routes);
        UpdateRule.Map(routes);
        DeleteRules.Map(routes);
    }

    private static void MapGovernance(IEndpointRouteBuilder routes)
    {
        GovernMicroservices.Map(routes);
        GovernMicroservice.Map(routes);
        GovernRelations.Map(routes);
        GovernApps.Map(routes);
        GovernStatistics.Map(routes);
    }

    private static void MapAdmin(IEndpointRouteBuilder routes)
    {
        DumpRegistry.Map(routes);
        ListClusters.Map(routes);
        ListAlarms.Map(routes);
        ClearAlarms.Map(routes);
    }
}
