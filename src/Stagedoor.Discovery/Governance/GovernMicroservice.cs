using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Governance;

/// <summary><c>GET …/govern/microservices/{serviceId}</c></summary>
internal static class GovernMicroservice
{
    internal sealed record Response
    {
        public required ServiceDetail Service { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/microservices/{serviceId}", HandleAsync)
        .WithName(nameof(GovernMicroservice))
        .WithSummary("Show a microservice with all that belongs to it")
        .Answers<Response>(200, "The microservice.")
        .CanFail(DiscoveryCodes.MicroserviceNotFound);

    private static async Task<IResult> HandleAsync(string serviceId, Tenant tenant, RegistryReader reader, GovernanceReader governance)
    {
        await reader.CatchUpAsync();
        return await reader.FindServiceAsync(tenant, serviceId) is { } service
            ? Wire.Json(
                new() { Service = governance.Describe(service, DetailParts.All | DetailParts.Versions) }, DiscoveryJson.Wire.GovernMicroserviceResponse)
            : reader.Missing(tenant, serviceId);
    }
}
