using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Tags;

/// <summary><c>DELETE …/microservices/{serviceId}/tags/{key},{key}</c>: all of them or none.</summary>
internal static class DeleteTags
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/microservices/{serviceId}/tags/{key}", HandleAsync)
        .WithName(nameof(DeleteTags))
        .WithSummary("Delete tags")
        .AnswersEmpty(200, "They are gone.")
        .Action("cse:tag:delete")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(DiscoveryCodes.MicroserviceNotFound, ServiceCenterCodes.TagNotFound);

    private static async Task<IResult> HandleAsync(string serviceId, string key, Tenant tenant, TagWriter writer)
    {
        // One name for the place in the path, whether one key stands there or many: documents allow no two.
        var wanted = key.Split(',');
        Array.ForEach(wanted, static each => TagWriter.CheckPart("tag key", each));
        await writer.ChangeAsync(tenant, serviceId, service =>
            Array.Find(wanted, each => !service.Tags.ContainsKey(each)) is { } missing
                ? throw DiscoveryError.TagNotFound(missing)
                : service.Tags.RemoveRange(wanted));
        return EmptyAnswer.Value;
    }
}
