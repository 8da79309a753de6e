using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Instances;

/// <summary><c>DELETE …/registry/microservices/{serviceId}/instances/{instanceId}</c></summary>
internal static class DeleteInstance
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/microservices/{serviceId}/instances/{instanceId}", HandleAsync)
        .WithName(nameof(DeleteInstance))
        .WithSummary("Unregister an instance")
        .AnswersEmpty(200, "It is gone.")
        .Action("cse:instance:delete")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(DiscoveryCodes.InstanceNotFound);

    private static Task<IResult> HandleAsync(string serviceId, string instanceId, Tenant tenant, InstanceWriter instances) =>
        instances.RemoveAsync(tenant, serviceId, instanceId);
}
