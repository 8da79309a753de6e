using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Drivers.GitOps;
using Stagedoor.Addons.Drivers.Kubernetes;
using Stagedoor.Addons.Drivers.Processes;
using Stagedoor.Addons.HelmRepository;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Packages;
using Stagedoor.Addons.Prechecks;
using Stagedoor.Addons.Requests;
using Stagedoor.Addons.Templates;
using Stagedoor.Addons.UserCharts;
using Stagedoor.Addons.UserReleases;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Storage;

namespace Stagedoor.Addons;

/// <summary>The add-on manager: clusters, templates of add-ons, what is installed of them, and charts.</summary>
public sealed class AddonsModule : IModule
{
    /// <summary>The role for everything of this service.</summary>
    internal const string Administrator = "cce_admin";

    /// <summary>The role for what only reads.</summary>
    internal const string Reader = "cce_viewer";

    // Where the operations are.
    private static readonly string[] s_prefixes =
        ["/api/v3/addons", "/api/v3/addontemplates", "/api/v3/projects", "/autopilot", "/cce", "/helm", "/v2/charts", "/v2/releases"];

    /// <summary>Who may do what.</summary>
    internal static ModuleActions Actions { get; } = new("cce") { DecidesItself = true, Administrators = [Administrator], Readers = [Reader] };

    public string Name => "addons";

    public ModuleTraits Traits { get; } = new()
    {
        Database = new("addons", "blobs", typeof(AddonsModule).Assembly) { Blobs = "addons/", IsLaterThanMarks = true },
        Settings = [("Addons", typeof(AddonsOptions)), ("Addons:Operations", typeof(OperationOptions)), ("Addons:GitOps", typeof(GitOpsOptions)), ("Addons:Kubernetes", typeof(KubernetesOptions)), ("Addons:Process", typeof(ProcessOptions))],
        Audit = "CCE",
        Actions = Actions,
        Roles =
        [
            new(Administrator, "CCE FullAccess", "All of the add-on manager: clusters, add-ons and charts"),
            new(Reader, "CCE ReadOnlyAccess", "Seeing clusters, add-ons and charts"),
        ],
        Catalog = [("cce", "/api/v3/projects/{project_id}")],
        Unmatched = [.. s_prefixes.Select(static p => new UnmatchedPrefix(p, Envelope.Addons, AddonsCodes.NotFound, AddonsCodes.InvalidBody, AddonsCodes.InvalidBody))],
        Title = new("Add-ons", "插件"),
    };

    /// <summary>Adds the module's services. Needs a database engine, a blob store and data protection.</summary>
    public void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AddonsOptions>().Bind(configuration.GetSection("Addons")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AddonsOptions>, AddonsOptionsValidator>();
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, AddonsJson.Default));
        services.AddSingleton<IErrorDialect, ErrorDialect>();
        services.AddSingleton<AddonsDb>();
        services.AddSingleton<IImageHolders, AddonImages>();
        services.AddSingleton<IWorkloads, ClusterWorkloads>();
        services.AddSingleton<LibraryStore>();
        services.AddSingleton<PackageStore>();
        services.AddHostedService<PackageUpkeep>();
        services.AddSingleton<RemovalUpkeep>();
        services.AddHostedService(static provider => provider.GetRequiredService<RemovalUpkeep>());
        services.AddSingleton<TemplateStore>();
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, ReleasesJson.Default));
        services.AddSingleton<ReleaseStore>();
        services.AddSingleton<ReleaseDesk>();
        services.AddSingleton<ChartStore>();
        services.AddSingleton<UploadedChart>();
        services.AddSingleton<ClusterStore>();
        services.AddSingleton<ClusterSecrets>();
        services.AddSingleton<ClusterRules>();
        services.AddSingleton<ClusterVersions>();
        services.AddInstances(configuration);
        services.AddGitOps(configuration);
        services.AddProcesses(configuration);
        services.AddKubernetes(configuration);
    }

    public void Map(IEndpointRouteBuilder routes)
    {
        var clusters = routes.MapGroup("/api/v3/projects/{project_id}/clusters").Guard().SpeaksJson(AddonsJson.Wire)
            .PathParameter("project_id", "The project, which the credential is for.")
            .PathParameter("cluster_id", "The cluster's id.");
        RegisterCluster.Map(clusters);
        ListRegisteredClusters.Map(clusters);
        ShowCluster.Map(clusters);
        UpdateCluster.Map(clusters);
        DeregisterCluster.Map(clusters);
        var prechecks = routes.MapGroup("/api/v3/projects/{project_id}/clusters/{cluster_id}/addons/precheck").Guard().SpeaksJson(PrecheckJson.Wire)
            .PathParameter("project_id", "The project, which the credential is for.")
            .PathParameter("cluster_id", "The cluster's id.");
        BatchCreateAddonPrecheck.Map(prechecks);
        ListAddonPrecheckTasks.Map(prechecks);
        MapTemplates(routes.MapGroup("/api/v3/addontemplates"));
        MapTemplates(routes.MapGroup("/autopilot/v3/addontemplates").Nameless().WithMetadata(new CategoryMetadata(Cluster.Autopilot)));
        routes.MapGroup("/api/v3/addons").MapInstances();
        routes.MapGroup("/autopilot/v3/addons").Nameless().MapInstances();
        MapHelmRepository(routes);
        MapCharts(routes.MapGroup("/v2/charts"));
        MapCharts(routes.MapGroup("/autopilot/v2/charts").Nameless());
        MapReleases(routes.MapGroup("/cce/cam/v3/clusters/{cluster_id}"), "/releases", "/namespace/{namespace}/releases/{name}");
        MapReleases(routes.MapGroup("/autopilot/cam/v3/clusters/{cluster_id}").Nameless(), "/releases", "/namespace/{namespace}/releases/{name}");
        MapReleases(routes.MapGroup("/v2/releases").Nameless(), "", "/{name}");
    }

    private static void MapTemplates(RouteGroupBuilder group)
    {
        var templates = group.Guard().SpeaksJson(AddonsJson.Wire)
            .PathParameter("template", "The template's name.")
            .PathParameter("version", "The version, as its Chart.yaml has it.");
        PublishAddonVersion.Map(templates);
        ListAddonTemplates.Map(templates);
        ShowAddonTemplate.Map(templates);
        UpdateAddonTemplate.Map(templates);
        DeleteAddonVersion.Map(templates);
        DownloadAddonPackage.Map(templates);
        ShowValuesSchema.Map(templates);
    }

    private static void MapHelmRepository(IEndpointRouteBuilder routes)
    {
        var repository = routes.MapGroup("/helm/{project}").TakesLogins().PathParameter("project", "The project, by its name or id.");
        ShowHelmIndex.Map(repository);
        DownloadHelmChart.Map(repository);
    }

    private static void MapReleases(RouteGroupBuilder group, string all, string one)
    {
        var guarded = group.Guard().SpeaksJson(ReleasesJson.Wire)
            .PathParameter("cluster_id", "The cluster's id.")
            .PathParameter("namespace", "The namespace of the release.")
            .PathParameter("name", "The name of the release.");
        var releases = guarded.MapGroup(all);
        CreateRelease.Map(releases);
        ListReleases.Map(releases);
        var release = guarded.MapGroup(one);
        ShowRelease.Map(release);
        UpdateRelease.Map(release);
        DeleteRelease.Map(release);
        ShowReleaseHistory.Map(release);
    }

    private static void MapCharts(RouteGroupBuilder group)
    {
        var charts = group.Guard().SpeaksJson(AddonsJson.Wire)
            .PathParameter("chart_id", "The chart's id.")
            .PathParameter("project_id", "The project, which the credential is for.");
        UploadChart.Map(charts);
        ListCharts.Map(charts);
        ShowChart.Map(charts);
        UpdateChart.Map(charts);
        DeleteChart.Map(charts);
        DownloadChart.Map(charts);
        ShowChartValues.Map(charts);
        ShowUserChartsQuotas.Map(charts);
    }

    /// <summary>Supervises processes of add-ons for the server that has started this process, until it ends or asks for that.</summary>
    /// <param name="requests">What the server sends.</param>
    /// <param name="answers">What it hears.</param>
    /// <param name="clock">Measures time.</param>
    public static Task SuperviseAsync(Stream requests, Stream answers, TimeProvider clock) => Supervisor.RunAsync(requests, answers, clock);

    /// <inheritdoc/>
    /// <exception cref="StorageException">The database failed, or it is newer than this program.</exception>
    /// <exception cref="OptionsValidationException">A setting does not go with the database.</exception>
    public Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var db = services.GetRequiredService<AddonsDb>();
        ProcessServices.Require(services, db);
        return MigrationRunner.RunAsync(db, typeof(AddonsModule).Assembly, services.GetRequiredService<TimeProvider>(), cancellationToken);
    }
}
