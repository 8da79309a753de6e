using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Tags;

/// <summary><c>PUT …/microservices/{serviceId}/tags/{key}?value=</c>: a new value for a tag that is there.</summary>
internal static class SetTag
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/microservices/{serviceId}/tags/{key}", HandleAsync)
        .WithName(nameof(SetTag))
        .WithSummary("Set the value of a tag that is there")
        .QueryParameter("value", "The new value.", isRequired: true)
        .AnswersEmpty(200, "It has the value.")
        .Action("cse:tag:update")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(DiscoveryCodes.MicroserviceNotFound, ServiceCenterCodes.TagNotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, string serviceId, string key, Tenant tenant, TagWriter writer)
    {
        var value = Query.Value(context, "value");
        TagWriter.CheckPart("tag key", key);
        TagWriter.CheckPart("value", value);
        await writer.ChangeAsync(
            tenant, serviceId, service => service.Tags.ContainsKey(key) ? service.Tags.SetItem(key, value) : throw DiscoveryError.TagNotFound(key));
        return EmptyAnswer.Value;
    }
}
