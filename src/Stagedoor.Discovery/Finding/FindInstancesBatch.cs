using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Engine;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;

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

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/instances/action", HandleAsync)
        .WithName(nameof(FindInstancesBatch))
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

        var output = new ArrayBufferWriter<byte>(4096);
        await using (var json = new Utf8JsonWriter(output, ErrorWriter.Json))
        {
            json.WriteStartObject();
            await WriteAsync(json, "services", services, item => FindAsync(finder, tenant, item, consumer), static item => item?.Rev);
            await WriteAsync(json, "instances", instances, item => FindAsync(finder, reader, tenant, item, consumer), static item => item?.Rev);
            json.WriteEndObject();
        }

        await Wire.WriteAsync(context, output.WrittenMemory);
    }

    private static async ValueTask<(FoundInstances? Answer, ApiException? Error)> FindAsync(Finder finder, Tenant tenant, ServiceItem? item, ServiceNode? consumer)
    {
        try
        {
            var name = item?.Service;
            var lookup = Lookup.Of(name?.Environment ?? "", name?.AppId ?? "", name?.Name ?? "", name?.Version ?? "", "");
            var (provider, answer) = await finder.FindAsync(tenant, lookup, consumer);
            return provider is null || ReferenceEquals(answer, FoundInstances.NoSuchVersion) ? (null, Finder.Missing(lookup, provider)) : (answer, null);
        }
        catch (ApiException e) when (e.Status < 500)
        {
            return (null, e);
        }
    }

    private static async ValueTask<(FoundInstances? Answer, ApiException? Error)> FindAsync(
        Finder finder, RegistryReader reader, Tenant tenant, InstanceItem? item, ServiceNode? consumer)
    {
        var (serviceId, instanceId) = (item?.Instance?.ServiceId ?? "", item?.Instance?.InstanceId ?? "");
        return await finder.FindServiceAsync(tenant, serviceId) is not { } service ? (null, reader.Missing(tenant, serviceId))
            : service.Instances.TryGetValue(instanceId, out var instance) && finder.IsVisible(service, consumer) ? (ProviderView.Make(instance), null)
            : (null, reader.MissingInstance(tenant, serviceId, instanceId));
    }

    private static async Task WriteAsync<T>(
        Utf8JsonWriter json, string name, IReadOnlyList<T> items, Func<T, ValueTask<(FoundInstances? Answer, ApiException? Error)>> find, Func<T, string?> revision)
    {
        if (items.Count == 0)
        {
            return;
        }

        var failed = new List<(int Index, ApiException Error)>();
        var unchanged = new List<int>();
        var updated = new List<(int Index, FoundInstances Answer)>();
        for (var i = 0; i < items.Count; i++)
        {
            var (answer, error) = await find(items[i]);
            if (answer is null)
            {
                failed.Add((i, error!));
            }
            else if (revision(items[i]) is { Length: > 0 } known && string.Equals(known, answer.Revision, StringComparison.Ordinal))
            {
                unchanged.Add(i);
            }
            else
            {
                updated.Add((i, answer));
            }
        }

        json.WriteStartObject(name);
        WriteFailed(json, failed);
        if (unchanged.Count > 0)
        {
            json.WriteStartArray("notModified");
            unchanged.ForEach(json.WriteNumberValue);
            json.WriteEndArray();
        }

        WriteUpdated(json, updated);
        json.WriteEndObject();
    }

    private static void WriteFailed(Utf8JsonWriter json, List<(int Index, ApiException Error)> failed)
    {
        if (failed.Count == 0)
        {
            return;
        }

        json.WriteStartArray("failed");
        foreach (var group in failed.GroupBy(static f => f.Error.Error.Code, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteStartArray("indexes");
            foreach (var (index, _) in group)
            {
                json.WriteNumberValue(index);
            }

            json.WriteEndArray();
            json.WritePropertyName("error");
            ErrorWriter.WriteRegistryObject(json, group.First().Error);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteUpdated(Utf8JsonWriter json, List<(int Index, FoundInstances Answer)> updated)
    {
        if (updated.Count == 0)
        {
            return;
        }

        json.WriteStartArray("updated");
        foreach (var (index, answer) in updated)
        {
            json.WriteStartObject();
            json.WriteNumber("index", index);
            json.WriteString("rev", answer.Revision);
            json.WritePropertyName("instances");
            json.WriteRawValue(answer.Instances, skipInputValidation: true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
