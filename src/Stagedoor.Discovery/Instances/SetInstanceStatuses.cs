using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Instances;

/// <summary><c>PUT …/registry/instances/status</c>: the status of all instances whose properties hold all given pairs.</summary>
internal static class SetInstanceStatuses
{
    // Each is compared with those of every instance.
    private const int MaxProperties = 64;

    internal sealed record Request
    {
        public Criteria? Matches { get; init; }

        public string? Status { get; init; }
    }

    internal sealed record Criteria
    {
        public IReadOnlyDictionary<string, string>? Properties { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/instances/status", HandleAsync)
        .WithName(nameof(SetInstanceStatuses))
        .WithSummary("Set the status of all instances with certain properties")
        .Reads<Request>()
        .AnswersEmpty(200, "They have the status.")
        .Action("cse:instance:update")
        .FaultsAs(DiscoveryCodes.BackendUnavailable);

    private static async Task<IResult> HandleAsync(HttpContext context, Tenant tenant, RegistryReader reader, InstanceWriter instances)
    {
        var request = await JsonBody.ReadAsync(context, DiscoveryJson.Wire.SetInstanceStatusesRequest);
        if (request.Matches?.Properties is not { Count: > 0 and <= MaxProperties } wanted)
        {
            return DiscoveryError.Invalid("matches.properties", $"1 to {MaxProperties}");
        }

        if (request.Status is not { } status || !InstanceRules.Statuses.Contains(status, StringComparer.Ordinal))
        {
            return DiscoveryError.Invalid("status", string.Join(", ", InstanceRules.Statuses));
        }

        await reader.CatchUpAsync();
        var meant = reader.InstancesOf(tenant).Where(i => wanted.All(p =>
            i.Body.Properties is { } properties && properties.TryGetValue(p.Key, out var value) && string.Equals(value, p.Value, StringComparison.Ordinal)));

        // One that went meanwhile needs no status.
        await Task.WhenAll(meant.Select(i => instances.ChangeAsync(tenant, i.Service.Id, i.Id, instance => instance with { Status = status })));
        return EmptyAnswer.Value;
    }
}
