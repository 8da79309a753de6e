using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Tags;

/// <summary><c>POST …/microservices/{serviceId}/tags</c>: the map takes the place of the one that is there; none clears it.</summary>
internal static class ReplaceTags
{
    internal sealed record Request
    {
        public Dictionary<string, string>? Tags { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/microservices/{serviceId}/tags", HandleAsync)
        .WithName(nameof(ReplaceTags))
        .WithSummary("Replace the tags of a microservice")
        .Reads<Request>()
        .AnswersEmpty(200, "They are replaced.")
        .Action("cse:tag:update")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(DiscoveryCodes.MicroserviceNotFound, DiscoveryCodes.QuotaExceeded, DiscoveryCodes.QuotaServiceUnavailable);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string serviceId, Tenant tenant, TagWriter writer, CancellationToken cancellationToken)
    {
        var request = await JsonBody.ReadAsync(context, DiscoveryJson.Wire.ReplaceTagsRequest);
        await writer.ReplaceAsync(tenant, serviceId, request.Tags ?? [], cancellationToken);
        return EmptyAnswer.Value;
    }
}
