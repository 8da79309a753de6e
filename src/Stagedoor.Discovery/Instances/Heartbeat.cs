using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Leasing;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Instances;

/// <summary>
/// <c>PUT …/instances/{instanceId}/heartbeat</c>. It touches memory only: with the database away it works as ever, unless there are other replicas
/// that cannot hear of it.
/// </summary>
internal static class Heartbeat
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/microservices/{serviceId}/instances/{instanceId}/heartbeat", HandleAsync)
        .WithName(nameof(Heartbeat))
        .WithSummary("Renew the lease of an instance")
        .AnswersEmpty(200, "The lease is renewed.")
        .NotAudited("it changes nothing but a lease")
        .Action("cse:instance:heartbeat")
        .CanFail(DiscoveryCodes.InstanceNotFound, ServiceCenterCodes.HeardNowhere);

    private static async ValueTask<IResult> HandleAsync(string serviceId, string instanceId, Tenant tenant, RegistryReader reader, Leases leases)
    {
        try
        {
            if (await reader.FindInstanceAsync(tenant, serviceId, instanceId) is not { } instance)
            {
                return reader.MissingInstance(tenant, serviceId, instanceId);
            }

            return leases.Renew(instance) ? EmptyAnswer.Value : DiscoveryError.HeardNowhere();
        }
        catch (StorageException fault)
        {
            // Registered at another replica, perhaps. Who is told that it is gone registers anew.
            return new ApiException(ServiceCenterCodes.HeardNowhere, inner: fault);
        }
    }
}
