using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Microservices;
using Stagedoor.Discovery.Requests;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Governance;

/// <summary><c>GET …/admin/clusters</c>: where the replicas of this engine listen.</summary>
internal static class ListClusters
{
    private const string Own = "default";

    internal sealed record Response
    {
        public required IReadOnlyDictionary<string, IReadOnlyList<string>> Clusters { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/clusters", Handle)
        .WithName(nameof(ListClusters))
        .WithSummary("List where the replicas of the engine listen")
        .Answers<Response>(200, "The addresses.");

    private static IResult Handle(Tenant _, Registry registry)
    {
        var replicas = registry.FindTenant(Tenant.Default.Key)?.Services.Values
            .Where(static s => SharedServices.IsOwn(s) && s.Key.Name is SharedServices.Engine)
            .SelectMany(static s => s.Instances.Values) ?? [];
        var endpoints = replicas.SelectMany(static i => i.Body.Endpoints ?? []).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return Wire.Json(
            new() { Clusters = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { [Own] = [.. endpoints] } },
            DiscoveryJson.Wire.ListClustersResponse);
    }
}
