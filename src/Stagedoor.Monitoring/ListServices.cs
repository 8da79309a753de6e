using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;
using Stagedoor.Monitoring.Series;

namespace Stagedoor.Monitoring;

/// <summary><c>GET /v2/{project}/csemonitor/services</c></summary>
internal static class ListServices
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v2/{project}/csemonitor/services", Handle)
        .WithName("ListMonitoredServices")
        .WithSummary("List the services that report")
        .Answers<ServiceList>(200, "The services.")
        .Action("cse:metric:listServices");

    private static JsonHttpResult<ServiceList> Handle(Tenant tenant, MetricStore metrics) =>
        TypedResults.Json(ServiceList.Of(metrics, tenant), MonitoringJson.Wire.ServiceList);
}
