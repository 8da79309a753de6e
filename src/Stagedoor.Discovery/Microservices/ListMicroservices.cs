using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Requests;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Microservices;

/// <summary><c>GET …/registry/microservices</c></summary>
internal static class ListMicroservices
{
    /// <param name="Services">Absent when there are none, as in the original.</param>
    internal sealed record Response([property: JsonPropertyName("services")] IReadOnlyList<Microservice>? Services);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/microservices", HandleAsync)
        .WithName(nameof(ListMicroservices))
        .WithSummary("List the microservices")
        .QueryParameter("withShared", "Also the shared microservices of the engine.", ParameterType.Flag)
        .Answers<Response>(200, "The microservices; nothing when there are none.");

    private static async Task<IResult> HandleAsync(HttpContext context, Tenant tenant, RegistryReader reader, SharedServices shared)
    {
        await reader.CatchUpAsync();
        var services = reader.ServicesOf(tenant, shared, Query.Flag(context, "withShared"));
        return Wire.Json(new Response(services.Count == 0 ? null : [.. services.Select(static s => s.Body)]), DiscoveryJson.Wire.ListMicroservicesResponse);
    }
}
