using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Microservices;

/// <summary><c>PUT …/registry/microservices/{serviceId}/properties</c>: the map takes the place of the one that is there.</summary>
internal static class UpdateMicroserviceProperties
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/microservices/{serviceId}/properties", HandleAsync)
        .WithName(nameof(UpdateMicroserviceProperties))
        .WithSummary("Replace the properties of a microservice")
        .Reads<PropertiesRequest>()
        .AnswersEmpty(200, "They are replaced.")
        .Action("cse:microservice:update")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(DiscoveryCodes.MicroserviceNotFound);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string serviceId, Tenant tenant, RegistryReader reader, RegistryWriter writer, TimeProvider clock)
    {
        var request = await JsonBody.ReadAsync(context, DiscoveryJson.Wire.PropertiesRequest);
        var properties = Texts.Clean(request.Properties);
        return await writer.WriteAsync<IResult>([Scope.Service(tenant.Key, serviceId)], draft =>
        {
            if (reader.FindKnown(tenant, serviceId) is not { } node)
            {
                return reader.Missing(tenant, serviceId);
            }

            var changed = node.Body with
            {
                Properties = properties,
                Framework = request.Framework ?? node.Body.Framework,
                ModTimestamp = Texts.Now(clock),
            };
            draft.Put(EntryNames.Service, tenant.Key, serviceId, changed, DiscoveryJson.Wire.Microservice);
            return EmptyAnswer.Value;
        });
    }
}
