using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Microservices;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Instances;

/// <summary><c>PUT …/instances/{instanceId}/properties</c>: the map takes the place of the one that is there.</summary>
internal static class UpdateInstanceProperties
{
    private const long MaxBody = 3 * 1024;

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/microservices/{serviceId}/instances/{instanceId}/properties", HandleAsync)
        .WithName(nameof(UpdateInstanceProperties))
        .WithSummary("Replace the properties of an instance")
        .Reads<PropertiesRequest>()
        .AnswersEmpty(200, "They are replaced.")
        .Action("cse:instance:update")
        .LimitBody(MaxBody)
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(DiscoveryCodes.InstanceNotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, string serviceId, string instanceId, Tenant tenant, InstanceWriter instances)
    {
        var request = await JsonBody.ReadAsync(context, DiscoveryJson.Wire.PropertiesRequest);
        var properties = Texts.Clean(request.Properties);
        return await instances.ChangeAsync(
            tenant, serviceId, instanceId, instance => Texts.Same(instance.Properties, properties) ? instance : instance with { Properties = properties });
    }
}
