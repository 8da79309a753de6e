using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Engine;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Discovery.Instances;

/// <summary><c>PUT …/registry/heartbeats</c>: many at once, each with its own result.</summary>
internal static class HeartbeatSet
{
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
        .Action("cse:instance:heartbeat");

    private static async Task<IResult> HandleAsync(HttpContext context, Tenant tenant, RegistryReader reader, Leases leases)
    {
        var request = await JsonBody.ReadAsync(context, DiscoveryJson.Wire.HeartbeatSetRequest);
        if (request.Instances is not { Count: > 0 } instances || instances.Any(static i => i is null))
        {
            return DiscoveryError.Invalid("instances", "at least one");
        }

        var rows = new List<Beat>(instances.Count);
        foreach (var (serviceId, instanceId) in instances.Select(static i => (i.ServiceId ?? "", i.InstanceId ?? "")).Distinct())
        {
            var instance = await reader.FindInstanceAsync(tenant, serviceId, instanceId);
            if (instance is not null)
            {
                leases.Renew(instance);
            }

            rows.Add(new() { ServiceId = serviceId, InstanceId = instanceId, ErrMessage = instance is null ? DiscoveryCodes.InstanceNotFound.Message : null });
        }

        return Wire.Json(new() { Instances = rows }, DiscoveryJson.Wire.HeartbeatSetResponse);
    }
}
