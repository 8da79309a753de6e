using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Finding;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Instances;

/// <summary><c>GET …/registry/microservices/{serviceId}/instances?tags=&amp;rev=</c></summary>
internal static class ListInstances
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/microservices/{serviceId}/instances", HandleAsync)
        .WithName(nameof(ListInstances))
        .WithSummary("List the instances of a microservice")
        .QueryParameter("tags", "Keys of tags that the microservice must have, with commas between them.")
        .QueryParameter("rev", "The revision that the caller has: an answer that is still the same is 304.")
        .HeaderParameter("X-ConsumerId", "The id of the microservice that asks; what it finds is noted as a dependency.")
        .SendsHeader(200, FindInstances.RevisionHeader, "The revision of the answer, for rev of the next call.")
        .Answers<FindInstances.Response>(200, "The instances.")
        .AnswersEmpty(304, "The caller has the answer already.")
        .CanFail(DiscoveryCodes.MicroserviceNotFound);

    private static async Task HandleAsync(HttpContext context, string serviceId, Tenant tenant, Finder finder, RegistryReader reader)
    {
        var consumer = await finder.FindConsumerAsync(context, tenant);
        var answer = await finder.FindAsync(tenant, serviceId, Lookup.SortTags(Query.Value(context, "tags")), consumer)
            ?? throw reader.Missing(tenant, serviceId);
        await FindInstances.SendAsync(context, answer, Query.Value(context, "rev"));
    }
}
