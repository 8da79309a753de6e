using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Engine;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Requests;

namespace Stagedoor.Discovery.Microservices;

/// <summary><c>GET …/registry/microservices</c></summary>
internal static class ListMicroservices
{
    internal sealed record Response([property: JsonPropertyName("services")] IReadOnlyList<Microservice> Services);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/microservices", HandleAsync)
        .WithName(nameof(ListMicroservices));

    private static async Task<IResult> HandleAsync(HttpContext context, Tenant tenant, RegistryReader reader, SharedServices shared)
    {
        await reader.CatchUpAsync();
        return Wire.Json(
            new Response([.. reader.ServicesOf(tenant, shared, Query.Flag(context, "withShared")).Select(static s => s.Body)]),
            DiscoveryJson.Wire.ListMicroservicesResponse);
    }
}
