using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Discovery.Tags;

/// <summary><c>DELETE …/microservices/{serviceId}/tags/{key},{key}</c>: all of them or none.</summary>
internal static class DeleteTags
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/microservices/{serviceId}/tags/{keys}", HandleAsync)
        .WithName(nameof(DeleteTags))
        .Action("cse:tag:delete")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(DiscoveryCodes.MicroserviceNotFound, ServiceCenterCodes.TagNotFound);

    private static async Task<IResult> HandleAsync(string serviceId, string keys, Tenant tenant, TagWriter writer)
    {
        var wanted = keys.Split(',');
        Array.ForEach(wanted, static key => TagWriter.CheckPart("tag key", key));
        await writer.ChangeAsync(tenant, serviceId, service =>
            Array.Find(wanted, key => !service.Tags.ContainsKey(key)) is { } missing
                ? throw DiscoveryError.TagNotFound(missing)
                : service.Tags.RemoveRange(wanted));
        return EmptyAnswer.Value;
    }
}
