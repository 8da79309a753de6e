using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Catalog;
using Stagedoor.Images.Collection;
using Stagedoor.Images.Dockyard;
using Stagedoor.Images.Hub;
using Stagedoor.Images.Jobs;
using Stagedoor.Images.LoginCommands;
using Stagedoor.Images.Manifests;
using Stagedoor.Images.Oci;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Organizations;
using Stagedoor.Images.Overview;
using Stagedoor.Images.Packages;
using Stagedoor.Images.PageUploads;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;
using Stagedoor.Images.Retention;
using Stagedoor.Images.Sharing;
using Stagedoor.Images.Sync;
using Stagedoor.Images.Tags;
using Stagedoor.Images.Traffic;
using Stagedoor.Images.Triggers;
using Stagedoor.Images.Untagged;
using Stagedoor.Images.Uploads;
using Stagedoor.Images.UploadSessions;
using Stagedoor.Storage;

namespace Stagedoor.Images;

/// <summary>The image repository: organizations and the OCI registry.</summary>
public sealed class ImagesModule : IModule
{
    // Where the operations are that are not the registry's.
    private static readonly string[] s_managed = ["/v2/manage", "/v3/manage", "/v2/s2i"];

    internal const string Administrator = "swr_admin";

    public string Name => "images";

    /// <summary>What roles allow here, with and without a grant of the module's own.</summary>
    internal static ModuleActions Actions { get; } = new("swr") { DecidesItself = true, Administrators = [Administrator], Readers = [RoleNames.Developer] };

    public ModuleTraits Traits { get; } = new()
    {
        Database = new("images", "blobs", typeof(ImagesModule).Assembly) { Blobs = "images/" },
        Settings =
        [
            ("Images", typeof(ImagesOptions)),
            ("Images:Collector", typeof(CollectorOptions)),
            ("Images:Scrubber", typeof(ScrubberOptions)),
            ("Images:Sync", typeof(SyncOptions)),
            ("Images:Jobs", typeof(JobOptions)),
            ("Images:Deletion", typeof(DeletionOptions)),
            ("Images:Retention", typeof(RetentionOptions)),
            (PackagesServices.Section, typeof(PackageOptions)),
            ("Images:PageUpload", typeof(PageUploadOptions)),
            ("Images:Triggers", typeof(TriggerOptions)),
            (TrafficServices.Section, typeof(TrafficOptions)),
        ],
        Audit = "SWR",
        Actions = Actions,
        Roles = [new(Administrator, "SWR Admin", "All of the software repository")],
        Catalog = [("swr", "/v2")],
        ErrorHeader = "X-Swr-Error-Code",
        EncodedSlashes = ["/v2/manage", "/v3/manage", DockyardServices.Prefix, .. PackagesServices.Prefixes],
        Unmatched = [new("/v2", Envelope.Oci), .. s_managed.Append(DockyardServices.Prefix).Concat(PackagesServices.Prefixes).Select(static prefix => new UnmatchedPrefix(prefix, Envelope.Images, ImagesCodes.UrlNotFound, ImagesCodes.UndecodableQuery))],
        Title = new("Images", "镜像")
        {
            Nouns = new Dictionary<string, string>(StringComparer.Ordinal) { ["organizations"] = "个组织", ["repositories"] = "个镜像仓库", ["tags"] = "个版本" },
        },
        Logins = ["docker login -u {user} {host}", "skopeo login{plain} -u {user} {host}"],
    };

    /// <summary>Adds the module's services. Needs a database engine, a blob store, registry logins and data protection.</summary>
    public void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ImagesOptions>().Bind(configuration.GetSection("Images")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ImagesOptions>, ImagesOptionsValidator>();
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, ImagesJson.Default));
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, OrganizationsJson.Default));
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, Collection.CollectionJson.Default));
        services.AddSingleton<ImagesDb>();
        services.AddSingleton<ICensus, ImagesCensus>();

        services.AddSingleton<OrganizationStore>();
        services.AddSingleton<OrganizationAccess>();
        services.AddSingleton<AccessStore>();
        services.AddSingleton<NamespaceGrants>();
        services.AddSingleton<RepositoryGrants>();
        services.AddSingleton(new RepositoryTable("repo_acl"));

        services.AddSingleton<RepositoryGate>();
        services.AddSingleton<RepositoryCatalog>();
        services.AddSingleton<ImageAddresses>();
        services.AddSingleton<IPathReader, RepositoryPaths>();

        services.AddSingleton<SigningKeys>();
        services.AddSingleton<RegistryTokens>();
        services.AddSingleton<IdentityCache>();
        services.AddSingleton<RegistryAuthenticator>();
        services.AddSingleton<TokenEndpoint>();
        services.AddSingleton<RegistryCache>();
        services.AddHostedService<CacheUpkeep>();
        services.AddSingleton<RegistryAccess>();
        services.AddSingleton<RepositoryStore>();
        services.AddContent(OpenContent);
        services.AddSingleton<IBlobOwner, RepositoryBlobs>();
        services.AddSingleton(static provider => new BlobLinks(
            provider.GetRequiredService<ContentStore>(), RepositoryBlobs.Table, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<BlobPublisher>();
        services.AddSingleton<PullBlob>();
        services.AddSingleton<StartUpload>();
        services.AddSingleton<AppendUpload>();
        services.AddSingleton<FinishUpload>();
        services.AddSingleton<ShowUpload>();
        services.AddSingleton<CancelUpload>();
        services.AddSingleton<MountBlob>();
        services.AddSingleton<ChunkReader>();
        services.AddSingleton<StoreBlob>();
        services.AddSingleton<DeleteBlob>();
        services.AddSingleton<ManifestStore>();
        services.AddSingleton<TagEvents>();
        services.AddSingleton<StoreManifest>();
        services.AddSingleton<PublishManifest>();
        services.AddSingleton<ManifestCache>();
        services.AddSingleton<TagPageCache>();
        services.AddTags();
        services.AddRetention();
        services.AddSingleton<PullManifest>();
        services.AddSingleton<PushManifest>();
        services.AddSingleton<DeleteManifest>();
        services.AddSingleton<ListImageTags>();
        services.AddSingleton<ListReferrers>();
        services.AddSingleton<RegistryGate>();
        services.AddSingleton<RefuseUnsupported>();
        services.AddCatalog();
        services.AddUntagged();
        services.AddJobs();
        services.AddSharing();
        services.AddSync(configuration);
        services.AddTriggers(configuration);
        services.AddLoginCommands();
        services.AddPackages(configuration);
        services.AddOverview();
        services.AddPageUploads(configuration);
        services.AddUploadSessions();
        services.AddHub();
        services.AddTraffic(configuration);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, OciMatcherPolicy>());
        services.AddSingleton<DownloadCounter>();
        services.AddHostedService(static provider => provider.GetRequiredService<DownloadCounter>());
        services.AddHostedService<CollectorUpkeep>();
        services.AddHostedService<ScrubberUpkeep>();
    }

    public void Map(IEndpointRouteBuilder routes)
    {
        routes = routes.MapGroup("").BoundTraffic(routes.ServiceProvider.GetRequiredService<TrafficGate>());
        foreach (var prefix in s_managed)
        {
            // Else the registry's route would take the path for the name of an image.
            routes.Map(prefix + "/{**rest}", static (HttpContext context) => ImagesError.UrlNotFound(context.Request.Method, context.Request.Path.Value!))
                .OfService("images")
                .Authenticate(AuthMode.None)
                .NotAudited("there is nothing there to change")
                .CanFail(ImagesCodes.UrlNotFound)
                .ExcludeFromDescription();
        }

        var manage = routes.MapGroup("/v2/manage").OfService("images").Guard().SpeaksJson(ImagesJson.Wire)
            .PathParameter("namespace", "The name of the organization.")
            .PathParameter("repository", "The name of the repository; slashes in it as they are, as %2F, or as $.")
            .PathParameter(AccountName.Parameter, "The name of the other account.")
            .PathParameter("tag", "The tag.");
        var managed3 = routes.MapGroup("/v3/manage").OfService("images").Guard().SpeaksJson(ImagesJson.Wire)
            .PathParameter("namespace", "The name of the organization.")
            .PathParameter("repository", "The name of the repository; slashes in it as they are, as %2F, or as $.");
        CreateRepo.Map(manage);
        ShowRepository.Map(manage);
        UpdateRepo.Map(manage);
        DeleteRepo.Map(manage);
        ListReposDetails.Map(manage);
        manage.MapUntagged();
        CollectGarbage.Map(manage);
        ListRepoDetails.Map(managed3);
        manage.MapTags(managed3);
        manage.MapRetention();
        CreateNamespace.Map(manage);
        ListNamespaces.Map(manage);
        ShowNamespace.Map(manage);
        DeleteNamespaces.Map(manage);
        UpdateNamespace.Map(manage);
        ShowNamespaceSettings.Map(manage);
        CreateNamespaceAuth.Map(manage);
        DeleteNamespaceAuth.Map(manage);
        UpdateNamespaceAuth.Map(manage);
        ShowNamespaceAuth.Map(manage);
        manage.MapTriggers();
        manage.MapLoginCommands();
        SharingServices.MapSharing(manage, managed3);
        manage.MapSync();
        CreateUserRepositoryAuth.Map(manage);
        DeleteUserRepositoryAuth.Map(manage);
        UpdateUserRepositoryAuth.Map(manage);
        ShowUserRepositoryAuth.Map(manage);
        manage.MapOverview();
        manage.MapPageUploads();
        manage.MapUploadSessions();
        manage.MapHub();
        routes.MapDockyard();
        ApiVersions.Map(routes);
        TokenEndpoint.Map(routes);
        routes.MapPackages();
        RegistryEndpoints.Map(routes);
    }

    /// <summary>Compares the blob store with the module's database; changes nothing.</summary>
    public static Task<StoreReport> ExamineStoreAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        services.GetRequiredService<StoreRepair>().ExamineAsync(cancellationToken);

    /// <inheritdoc cref="StoreRepair.RepairAsync"/>
    public static Task<StoreRepairs> RepairStoreAsync(IServiceProvider services, bool discardsAside, CancellationToken cancellationToken) =>
        services.GetRequiredService<StoreRepair>().RepairAsync(discardsAside, cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="StorageException">The database failed, or it is newer than this program.</exception>
    public Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken) => MigrationRunner.RunAsync(
        services.GetRequiredService<ImagesDb>(), typeof(ImagesModule).Assembly, services.GetRequiredService<TimeProvider>(), cancellationToken);

    private static ContentStore OpenContent(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<ImagesOptions>>().Value;
        var settings = new ContentSettings("images")
        {
            Lease = TimeSpan.FromMinutes(options.Collector.LeaseMinutes),
            UploadRest = TimeSpan.FromHours(options.UploadHours),
            AsideDays = options.Collector.AsideDays,
            MaxUnverified = TimeSpan.FromDays(options.Scrubber.MaxAgeDays),
        };
        return new(services.GetRequiredService<ImagesDb>(), services.GetRequiredService<IBlobStore>(), settings);
    }
}
