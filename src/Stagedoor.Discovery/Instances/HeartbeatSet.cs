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

namespace Stagedoor.Discovery.Instances;

/// <summary><c>PUT …/registry/heartbeats</c>: many at once, each with its own result.</summary>
internal static class HeartbeatSet
{
    /// <summary>The most at once. The original has no limit; a proxy that beats for a machine full of instances stays far below.</summary>
    public const int MaxInstances = 10_000;

    internal sealed record Request
    {
        public IReadOnlyList<Element>? Instances { get; init; }
    }

    internal sealed record Element
    {
        public string? ServiceId { get; init; }

        public string? InstanceId { get; init; }
    }

    internal sealed record Response
    {
        public required IReadOnlyList<Beat> Instances { get; init; }
    }

    internal sealed record Beat
    {
        public required string ServiceId { get; init; }

        public required string InstanceId { get; init; }

        /// <summary>Why it failed; absent when it did not.</summary>
        public string? ErrMessage { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/heartbeats", HandleAsync)
        .WithName(nameof(HeartbeatSet))
        .WithSummary("Renew the leases of many instances")
        .Reads<Request>()
        .Answers<Response>(200, "What became of each.")
        .NotAudited("it changes nothing but leases")
        .Action("cse:instance:heartbeat")
        .CanFail(ServiceCenterCodes.HeardNowhere);

    private static async Task<IResult> HandleAsync(HttpContext context, Tenant tenant, Registry registry, RegistryReader reader, Leases leases)
    {
        var request = await JsonBody.ReadAsync(context, DiscoveryJson.Wire.HeartbeatSetRequest);
        if (request.Instances is not { Count: > 0 and <= MaxInstances } instances || instances.Any(static i => i is null))
        {
            return DiscoveryError.Invalid("instances", $"1 to {MaxInstances}, none of them null");
        }

        var wanted = instances.Select(static i => (ServiceId: i.ServiceId ?? "", InstanceId: i.InstanceId ?? "")).Distinct().ToList();
        if (!wanted.TrueForAll(i => registry.FindInstance(tenant, i.ServiceId, i.InstanceId) is not null))
        {
            // Other replicas are asked once, whatever the number of those that memory does not know. While the database is away it
            // is not known which of them are gone, and who were told so would register anew.
            await reader.RequireCurrentAsync().FaultAs(ServiceCenterCodes.HeardNowhere);
        }

        var rows = new List<Beat>(wanted.Count);
        foreach (var (serviceId, instanceId) in wanted)
        {
            var instance = registry.FindInstance(tenant, serviceId, instanceId);
            if (instance is not null && !leases.Renew(instance))
            {
                return DiscoveryError.HeardNowhere();
            }

            rows.Add(new() { ServiceId = serviceId, InstanceId = instanceId, ErrMessage = instance is null ? DiscoveryCodes.InstanceNotFound.Message : null });
        }

        return Wire.Json(new() { Instances = rows }, DiscoveryJson.Wire.HeartbeatSetResponse);
    }
}
