using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Governance;

/// <summary><c>GET …/govern/apps?env=&amp;withShared=</c></summary>
internal static class GovernApps
{
    internal sealed record Response
    {
        public required IReadOnlyList<string> AppIds { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/apps", HandleAsync)
        .WithName(nameof(GovernApps))
        .WithSummary("List the applications")
        .QueryParameter("env", "Only those of this environment.")
        .QueryParameter("withShared", "Also the shared microservices of the engine.", ParameterType.Flag)
        .Answers<Response>(200, "The ids of the applications.");

    private static async Task<IResult> HandleAsync(HttpContext context, Tenant tenant, GovernanceReader governance)
    {
        var environment = Query.Value(context, "env");
        var services = await governance.ServicesAsync(tenant, Query.Flag(context, "withShared"));
        var apps = services
            .Where(s => environment.Length == 0 || string.Equals(s.Key.Environment, environment, StringComparison.Ordinal))
            .Select(static s => s.Key.AppId).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return Wire.Json(new() { AppIds = [.. apps] }, DiscoveryJson.Wire.GovernAppsResponse);
    }
}
