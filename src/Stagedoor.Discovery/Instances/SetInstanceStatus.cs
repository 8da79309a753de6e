using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Instances;

/// <summary><c>PUT …/instances/{instanceId}/status?value=</c></summary>
internal static class SetInstanceStatus
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/microservices/{serviceId}/instances/{instanceId}/status", HandleAsync)
        .WithName(nameof(SetInstanceStatus))
        .WithSummary("Set the status of an instance")
        .QueryParameter("value", "UP, DOWN, STARTING, TESTING or OUTOFSERVICE.", isRequired: true)
        .AnswersEmpty(200, "It has the status.")
        .Action("cse:instance:update")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(DiscoveryCodes.InstanceNotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, string serviceId, string instanceId, Tenant tenant, InstanceWriter instances)
    {
        var status = Query.Value(context, "value");
        return InstanceRules.Statuses.Contains(status, StringComparer.Ordinal)
            ? await instances.ChangeAsync(tenant, serviceId, instanceId, instance => instance with { Status = status })
            : DiscoveryError.Invalid("value", string.Join(", ", InstanceRules.Statuses));
    }
}
