using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;
using Stagedoor.Monitoring.Series;

namespace Stagedoor.Monitoring;

/// <summary><c>GET /v2/{project}/csemonitor/topology</c></summary>
internal static class GetTopology
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v2/{project}/csemonitor/topology", Handle)
        .WithName("GetCallGraph")
        .WithSummary("Show who calls whom")
        .Answers<Topology>(200, "The graph.")
        .Action("cse:metric:getTopology");

    private static JsonHttpResult<Topology> Handle(Tenant tenant, MetricStore metrics) =>
        TypedResults.Json(Topology.Of(metrics, tenant), MonitoringJson.Wire.Topology);
}
