using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Finding;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Instances;

/// <summary><c>GET …/registry/microservices/{serviceId}/instances/{instanceId}</c></summary>
internal static class ShowInstance
{
    internal sealed record Response
    {
        public required Instance Instance { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/microservices/{serviceId}/instances/{instanceId}", HandleAsync)
        .WithName(nameof(ShowInstance))
        .WithSummary("Show an instance")
        .HeaderParameter("X-ConsumerId", "The id of the microservice that asks; what it finds is noted as a dependency.")
        .Answers<Response>(200, "The instance.")
        .CanFail(DiscoveryCodes.MicroserviceNotFound, DiscoveryCodes.InstanceNotFound);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string serviceId, string instanceId, Tenant tenant, Finder finder, RegistryReader reader)
    {
        var consumer = await finder.FindConsumerAsync(context, tenant);
        if (await finder.FindServiceAsync(tenant, serviceId) is not { } service)
        {
            return reader.Missing(tenant, serviceId);
        }

        if (!service.Instances.ContainsKey(instanceId))
        {
            await reader.RequireCurrentAsync();
        }

        return service.Instances.TryGetValue(instanceId, out var instance) && finder.IsVisible(service, consumer)
            ? Wire.Json(new() { Instance = instance.Body }, DiscoveryJson.Wire.ShowInstanceResponse)
            : reader.MissingInstance(tenant, serviceId, instanceId);
    }
}
