using System.Text.Json;
using System.Text.Json.Serialization;
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

namespace Stagedoor.Discovery.Finding;

/// <summary><c>POST …/registry/instances/action?type=query</c>: many discovery calls in one. Indexes are positions in the request.</summary>
internal static class FindInstancesBatch
{
    private const int MaxItems = 1_000;

    internal sealed record Request
    {
        public string? ConsumerServiceId { get; init; }

        public IReadOnlyList<ServiceItem>? Services { get; init; }

        public IReadOnlyList<InstanceItem>? Instances { get; init; }
    }

    internal sealed record ServiceItem
    {
        public ServiceName? Service { get; init; }

        public string? Rev { get; init; }
    }

    internal sealed record ServiceName
    {
        public string? Environment { get; init; }

        public string? AppId { get; init; }

        [JsonPropertyName("serviceName")]
        public string? Name { get; init; }

        public string? Version { get; init; }
    }

    internal sealed record InstanceItem
    {
        public InstanceName? Instance { get; init; }

        public string? Rev { get; init; }
    }

    internal sealed record InstanceName
    {
        public string? ServiceId { get; init; }

        public string? InstanceId { get; init; }
    }

    /// <summary>What <see cref="BatchAnswer"/> writes, for the API description. What is empty is left out.</summary>
    internal sealed record Response(Part? Services, Part? Instances);

    internal sealed record Part(IReadOnlyList<Failed>? Failed, IReadOnlyList<int>? NotModified, IReadOnlyList<Updated>? Updated);

    internal sealed record Failed(IReadOnlyList<int> Indexes, [property: Schema("""{"$ref":"#/components/schemas/RegistryError"}""")] JsonElement Error);

    internal sealed record Updated(int Index, string Rev, IReadOnlyList<Instance> Instances);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/instances/action", HandleAsync)
        .WithName(nameof(FindInstancesBatch))
        .WithSummary("Find the instances of many providers at once")
        .QueryParameter("type", "query, the one that there is.", isRequired: true)
        .HeaderParameter("X-ConsumerId", "The id of the microservice that asks; what it finds is noted as a dependency.")
        .Reads<Request>()
        .Answers<Response>(200, "What became of each question. Indexes are positions in the request.")
        .NotAudited("it only looks")
        .WithMetadata(new ReadsOnlyMetadata())
        .CanFail(DiscoveryCodes.MicroserviceNotFound);

    private static async Task HandleAsync(HttpContext context, Tenant tenant, Finder finder, RegistryReader reader)
    {
        if (!string.Equals(Query.Value(context, "type"), "query", StringComparison.Ordinal))
        {
            throw DiscoveryError.Invalid("type", "query");
        }

        var request = await JsonBody.ReadAsync(context, DiscoveryJson.Wire.FindInstancesBatchRequest);
        var (services, instances) = (request.Services ?? [], request.Instances ?? []);
        if (services.Count + instances.Count is 0 or > MaxItems)
        {
            throw DiscoveryError.Invalid("services and instances", $"1 to {MaxItems} together");
        }

        var consumer = await finder.FindConsumerAsync(context, tenant);
        if (consumer is null && request.ConsumerServiceId is { Length: > 0 } id)
        {
            consumer = await reader.RequireServiceAsync(tenant, id, "consumer");
        }

        // All of it before the first byte: afterwards nothing can be refused.
        var isNoted = Finder.Notes(context);
        var answer = await new BatchSearch(finder, reader, tenant, consumer, isNoted ? Noted.WithOthers : Noted.Never).AnswerAsync(services, instances);
        if (isNoted)
        {
            await finder.RememberAsync(consumer);
        }

        await answer.SendAsync(context);
    }
}
