using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Discovery.Monitoring.Rollups;
using Stagedoor.Discovery.Monitoring.Series;

namespace Stagedoor.Discovery.Monitoring;

/// <summary>The dashboard: metrics that instances upload, and questions about them.</summary>
internal static class MonitoringModule
{
    /// <summary>Adds the dashboard's services.</summary>
    public static IServiceCollection AddMonitoring(this IServiceCollection services) => services
        .AddSingleton<MetricStore>()
        .AddSingleton<RollupStore>()
        .AddSingleton<RollupWriter>()
        .AddHostedService(static provider => provider.GetRequiredService<RollupWriter>())
        .AddHostedService<MetricGauges>();

    /// <summary>Maps the dashboard's routes.</summary>
    public static void MapMonitoring(this IEndpointRouteBuilder routes)
    {
        UploadMetric.Map(routes);
        QueryMetrics.Map(routes);
        ListServices.Map(routes);
        StreamServices.Map(routes);
        GetSeries.Map(routes);
        GetTopology.Map(routes);
    }
}
