using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;
using Stagedoor.Monitoring.Rollups;
using Stagedoor.Monitoring.Series;
using Stagedoor.Storage;

namespace Stagedoor.Monitoring;

/// <summary>
/// The dashboard: metrics that instances upload, and questions about them. Its settings stay in the section <c>Discovery:Metrics</c>, where they
/// were when it was a part of the microservice engine.
/// </summary>
public sealed class MonitoringModule : IModule
{
    public string Name => "monitoring";

    public ModuleTraits Traits { get; } = new()
    {
        // It was a part of the engine, and who names that one has always had it.
        ComesWith = "discovery",
        // One writer and a few who look: a pool as large as the registry's would only take connections from others.
        Database = new("monitoring", "metric_rollup", typeof(MonitoringModule).Assembly) { IsLaterThanMarks = true, MaxConnections = 4 },
        Settings = [("Discovery:Metrics", typeof(MetricsOptions))],
        Audit = "CSE",
        Unmatched = [new("/v2/*/csemonitor", Envelope.Dashboard)],
        Title = new("Dashboard", "仪表盘"),
    };

    /// <summary>Adds the module's services. Needs a database engine and access key logins.</summary>
    public void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<MetricsOptions>().Bind(configuration.GetSection("Discovery:Metrics")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<MetricsOptions>, MetricsOptionsValidator>();
        services.AddSingleton<MonitoringDb>();
        services.AddTenants<MonitoringDb>(configuration);
        services.AddSingleton<MetricStore>();
        services.AddSingleton<RollupStore>();
        services.AddSingleton<RollupWriter>();
        services.AddHostedService(static provider => provider.GetRequiredService<RollupWriter>());
        services.AddHostedService<RollupMove>();
        services.AddHostedService<MetricGauges>();
    }

    public void Map(IEndpointRouteBuilder routes)
    {
        var dashboard = routes.MapGroup("").OfService(Name).AdmitsTenants().SpeaksJson(MonitoringJson.Wire)
            .HeaderParameter("X-Domain-Name", "The domain; without it that of the credential, or default where a credential fixes none.")
            .PathParameter("project", "The project; default where there is none.");
        UploadMetric.Map(dashboard);
        QueryMetrics.Map(dashboard);
        ListServices.Map(dashboard);
        StreamServices.Map(dashboard);
        GetSeries.Map(dashboard);
        GetTopology.Map(dashboard);
    }

    /// <inheritdoc/>
    /// <exception cref="StorageException">The database failed, or it is newer than this program.</exception>
    public Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken) => MigrationRunner.RunAsync(
        services.GetRequiredService<MonitoringDb>(), typeof(MonitoringModule).Assembly, services.GetRequiredService<TimeProvider>(), cancellationToken);
}
