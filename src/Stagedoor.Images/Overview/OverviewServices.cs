using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Overview;

/// <summary>How much an account has and may have, and what became of it day by day.</summary>
internal static class OverviewServices
{
    public static void AddOverview(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, OverviewJson.Default));
        services.AddSingleton<OverviewStore>();
        services.AddSingleton<AgencyStore>();
        services.AddSingleton<ProjectPath>();
        services.AddSingleton<TrafficCounter>();
        services.AddHostedService(static provider => provider.GetRequiredService<TrafficCounter>());
        services.AddHostedService<StorageSampler>();
    }

    public static void MapOverview(this IEndpointRouteBuilder manage)
    {
        var routes = manage.MapGroup("").SpeaksJson(OverviewJson.Wire).PathParameter("project_id", "The id of a project of the account.");
        ListQuotas.Map(routes);
        ShowShareFeatureGates.Map(routes);
        ShowDomainOverview.Map(routes);
        ShowDomainResourceReports.Map(routes);
        CheckAgency.Map(routes);
        CreateAgency.Map(routes);
    }
}
