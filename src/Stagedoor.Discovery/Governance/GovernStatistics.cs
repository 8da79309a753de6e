using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Governance;

/// <summary><c>GET …/govern/statistics</c>, and <c>…/govern/microservices/statistics</c> as the original's documents have it.</summary>
internal static class GovernStatistics
{
    internal sealed record Response
    {
        public required Statistics Statistics { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/statistics", HandleAsync)
            .WithName(nameof(GovernStatistics))
            .WithSummary("Count applications, microservices and instances")
            .QueryParameter("withShared", "Also the shared microservices of the engine.", ParameterType.Flag)
            .Answers<Response>(200, "The numbers.");
        routes.MapGet("/microservices/statistics", HandleAsync).WithMetadata(new ExcludeFromDescriptionAttribute());
    }

    private static async Task<IResult> HandleAsync(HttpContext context, Tenant tenant, GovernanceReader governance)
    {
        var withShared = Query.Flag(context, "withShared");
        var services = await governance.ServicesAsync(tenant, withShared);
        return Wire.Json(new() { Statistics = governance.Count(tenant, services, withShared) }, DiscoveryJson.Wire.GovernStatisticsResponse);
    }
}
