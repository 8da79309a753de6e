using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Tags;

/// <summary><c>GET …/microservices/{serviceId}/tags</c></summary>
internal static class ListTags
{
    internal sealed record Response
    {
        /// <summary>Absent when there are none, as in the original.</summary>
        public IReadOnlyDictionary<string, string>? Tags { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/microservices/{serviceId}/tags", HandleAsync)
        .WithName(nameof(ListTags))
        .WithSummary("List the tags of a microservice")
        .Answers<Response>(200, "The tags; nothing when there are none.")
        .CanFail(DiscoveryCodes.MicroserviceNotFound);

    private static async Task<IResult> HandleAsync(string serviceId, Tenant tenant, RegistryReader reader)
    {
        await reader.CatchUpAsync();
        return await reader.FindServiceAsync(tenant, serviceId) is { } service
            ? Wire.Json(new() { Tags = service.Tags.IsEmpty ? null : service.Tags }, DiscoveryJson.Wire.ListTagsResponse)
            : reader.Missing(tenant, serviceId);
    }
}
