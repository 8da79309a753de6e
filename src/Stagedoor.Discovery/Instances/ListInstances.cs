using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Finding;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Instances;

/// <summary><c>GET …/registry/microservices/{serviceId}/instances?tags=&amp;rev=</c></summary>
internal static class ListInstances
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/microservices/{serviceId}/instances", HandleAsync)
        .WithName(nameof(ListInstances))
        .CanFail(DiscoveryCodes.MicroserviceNotFound);

    private static async Task HandleAsync(HttpContext context, string serviceId, Tenant tenant, Finder finder, RegistryReader reader)
    {
        var consumer = await finder.FindConsumerAsync(context, tenant);
        var answer = await finder.FindAsync(tenant, serviceId, Lookup.SortTags(Query.Value(context, "tags")), consumer)
            ?? throw reader.Missing(tenant, serviceId);
        await FindInstances.SendAsync(context, answer, Query.Value(context, "rev"));
    }
}
