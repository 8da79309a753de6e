using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Microservices;

/// <summary><c>GET …/registry/microservices/{serviceId}</c></summary>
internal static class ShowMicroservice
{
    internal sealed record Response([property: JsonPropertyName("service")] Microservice Service);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/microservices/{serviceId}", HandleAsync)
        .WithName(nameof(ShowMicroservice))
        .WithSummary("Show a microservice")
        .Answers<Response>(200, "The microservice.")
        .CanFail(DiscoveryCodes.MicroserviceNotFound);

    private static async Task<IResult> HandleAsync(string serviceId, Tenant tenant, RegistryReader reader) =>
        await reader.FindServiceAsync(tenant, serviceId) is { } service
            ? Wire.Json(new Response(service.Body), DiscoveryJson.Wire.ShowMicroserviceResponse)
            : reader.Missing(tenant, serviceId);
}
