using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Instances;

/// <summary><c>POST …/registry/microservices/{serviceId}/instances</c></summary>
internal static class RegisterInstance
{
    public const long MaxBody = 5 * 1024;

    internal sealed record Request
    {
        public Instance? Instance { get; init; }
    }

    internal sealed record Response
    {
        public required string InstanceId { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/microservices/{serviceId}/instances", HandleAsync)
        .WithName(nameof(RegisterInstance))
        .WithSummary("Register an instance")
        .Reads<Request>()
        .Answers<Response>(200, "The id of the instance, also of one that was registered before.")
        .NotAudited("instances come and go by themselves, thousands a second; the registry tells which there are")
        .Action("cse:instance:register")
        .LimitBody(MaxBody)
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(DiscoveryCodes.MicroserviceNotFound, DiscoveryCodes.QuotaExceeded, DiscoveryCodes.QuotaServiceUnavailable);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string serviceId, Tenant tenant, RegistryReader reader, InstanceWriter instances, CancellationToken cancellationToken)
    {
        var request = await JsonBody.ReadAsync(context, DiscoveryJson.Wire.RegisterInstanceRequest);
        if (request.Instance is not { } instance)
        {
            return DiscoveryError.Invalid("instance", "required");
        }

        return await reader.FindServiceAsync(tenant, serviceId) is { } service
            ? Wire.Json(
                new() { InstanceId = await instances.RegisterAsync(tenant, service, instance, cancellationToken) },
                DiscoveryJson.Wire.RegisterInstanceResponse)
            : reader.Missing(tenant, serviceId);
    }
}
