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

namespace Stagedoor.Discovery.Relations;

/// <summary><c>GET …/microservices/{serviceId}/consumers?sameDomain=&amp;noSelf=</c>: what depends on a microservice.</summary>
internal static class ListConsumers
{
    internal sealed record Response
    {
        public required IReadOnlyList<Microservice> Consumers { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/microservices/{serviceId}/consumers", HandleAsync)
        .WithName(nameof(ListConsumers))
        .WithSummary("List what depends on a microservice")
        .QueryParameter("sameDomain", "Only those of the own application.", ParameterType.Flag)
        .QueryParameter("noSelf", "Without the microservice itself.", ParameterType.Flag)
        .Answers<Response>(200, "The consumers.")
        .CanFail(DiscoveryCodes.MicroserviceNotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, string serviceId, Tenant tenant, RegistryReader reader, RelatedServices related)
    {
        var (sameDomain, noSelf) = (Query.Flag(context, "sameDomain"), Query.Flag(context, "noSelf"));
        await reader.CatchUpAsync();
        return await reader.FindServiceAsync(tenant, serviceId) is { } service
            ? Wire.Json(
                new() { Consumers = [.. related.ConsumersOf(service, sameDomain, noSelf).Select(static s => s.Body)] },
                DiscoveryJson.Wire.ListConsumersResponse)
            : reader.Missing(tenant, serviceId);
    }
}
