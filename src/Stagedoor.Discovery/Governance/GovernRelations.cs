using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Relations;
using Stagedoor.Discovery.Requests;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Governance;

/// <summary><c>GET …/govern/relations?withShared=</c>: who depends on whom, as a graph to draw.</summary>
internal static class GovernRelations
{
    internal sealed record Response
    {
        public required IReadOnlyList<Node> Nodes { get; init; }

        public required IReadOnlyList<Line> Lines { get; init; }

        /// <summary>Those that depend on themselves, by themselves or through others.</summary>
        public required IReadOnlyList<Circle> Circles { get; init; }
    }

    internal sealed record Node
    {
        public required string Id { get; init; }

        public required string Name { get; init; }

        public required string AppId { get; init; }

        public required string Version { get; init; }
    }

    internal sealed record Line
    {
        public required Node From { get; init; }

        public required Node To { get; init; }
    }

    internal sealed record Circle
    {
        public required IReadOnlyList<Node> Nodes { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/relations", HandleAsync)
        .WithName(nameof(GovernRelations))
        .WithSummary("Show who depends on whom")
        .QueryParameter("withShared", "Also the shared microservices of the engine.", ParameterType.Flag)
        .Answers<Response>(200, "The graph.");

    private static async Task<IResult> HandleAsync(HttpContext context, Tenant tenant, GovernanceReader governance, RelatedServices related)
    {
        var services = await governance.ServicesAsync(tenant, Query.Flag(context, "withShared"));
        var nodes = services.ToDictionary(static s => s, static s => new Node { Id = s.Id, Name = s.Key.Name, AppId = s.Key.AppId, Version = s.Key.Version });
        var providers = services.ToDictionary(
            static s => s, s => related.ProvidersOf(s, sameDomain: false, noSelf: false).Where(nodes.ContainsKey).ToList());
        return Wire.Json(
            new()
            {
                Nodes = [.. services.Select(s => nodes[s])],
                Lines = [.. services.SelectMany(s => providers[s].Where(p => !ReferenceEquals(p, s)).Select(p => new Line { From = nodes[s], To = nodes[p] }))],
                Circles = [.. Circles.Of(services, s => providers[s]).Select(circle => new Circle { Nodes = [.. circle.Select(s => nodes[s])] })],
            },
            DiscoveryJson.Wire.GovernRelationsResponse);
    }
}
