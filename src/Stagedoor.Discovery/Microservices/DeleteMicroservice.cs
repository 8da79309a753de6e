using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Microservices;

/// <summary><c>DELETE …/registry/microservices/{serviceId}?force=</c></summary>
internal static class DeleteMicroservice
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/microservices/{serviceId}", HandleAsync)
        .WithName(nameof(DeleteMicroservice))
        .WithSummary("Delete a microservice")
        .QueryParameter("force", "Also when it has instances or consumers.", ParameterType.Flag)
        .AnswersEmpty(200, "It is gone.")
        .Action("cse:microservice:delete")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(DiscoveryCodes.MicroserviceNotFound, DiscoveryCodes.ConsumersDepend, DiscoveryCodes.InstanceDeployed);

    private static async Task<IResult> HandleAsync(HttpContext context, string serviceId, Tenant tenant, MicroserviceWriter microservices) =>
        await microservices.RemoveAsync(tenant, serviceId, Query.Flag(context, "force")) is { } refusal ? refusal : EmptyAnswer.Value;
}
