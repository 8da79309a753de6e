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

/// <summary><c>GET …/microservices/{serviceId}/providers?sameDomain=&amp;noSelf=</c>: what a microservice depends on.</summary>
internal static class ListProviders
{
    internal sealed record Response
    {
        public required IReadOnlyList<Microservice> Providers { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/microservices/{serviceId}/providers", HandleAsync)
        .WithName(nameof(ListProviders))
        .WithSummary("List what a microservice depends on")
        .QueryParameter("sameDomain", "Only those of the own application.", ParameterType.Flag)
        .QueryParameter("noSelf", "Without the microservice itself.", ParameterType.Flag)
        .Answers<Response>(200, "The providers.")
        .CanFail(DiscoveryCodes.MicroserviceNotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, string serviceId, Tenant tenant, RegistryReader reader, RelatedServices related)
    {
        var (sameDomain, noSelf) = (Query.Flag(context, "sameDomain"), Query.Flag(context, "noSelf"));
        await reader.CatchUpAsync();
        return await reader.FindServiceAsync(tenant, serviceId) is { } service
            ? Wire.Json(
                new() { Providers = [.. related.ProvidersOf(service, sameDomain, noSelf).Select(static s => s.Body)] },
                DiscoveryJson.Wire.ListProvidersResponse)
            : reader.Missing(tenant, serviceId);
    }
}
