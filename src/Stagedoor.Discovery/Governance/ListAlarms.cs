using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Health;
using Stagedoor.Discovery.Requests;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Governance;

/// <summary><c>GET …/admin/alarms</c></summary>
internal static class ListAlarms
{
    internal sealed record Response
    {
        public required IReadOnlyCollection<Alarm> Alarms { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/alarms", Handle)
        .WithName(nameof(ListAlarms))
        .WithSummary("List the alarms")
        .Answers<Response>(200, "The alarms.");

    private static IResult Handle(Tenant _, Alarms alarms)
    {
        return Wire.Json(new() { Alarms = alarms.Raised }, DiscoveryJson.Wire.ListAlarmsResponse);
    }
}
