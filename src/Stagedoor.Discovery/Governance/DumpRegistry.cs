using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Health;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Log.Entries;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Requests;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Governance;

/// <summary>
/// <c>GET …/admin/dump</c>: everything that the memory holds of the caller's domain, in all its projects. It needs no database, since it is
/// asked for when one is in doubt.
/// </summary>
internal static class DumpRegistry
{
    /// <summary>What is written, for the API description.</summary>
    internal sealed record Response(Head Info, Content Cache);

    internal sealed record Head(string Version, long Revision);

    internal sealed record Content(
        IReadOnlyList<MicroserviceEntry> Services,
        IReadOnlyList<InstanceEntry> Instances,
        IReadOnlyList<TagsEntry> Tags,
        IReadOnlyList<RuleEntry> Rules,
        IReadOnlyList<ContractEntry> Schemas,
        IReadOnlyList<DependencyEntry> Dependencies);

    // One type of many would have names that nobody can read.
    internal sealed record MicroserviceEntry(string Tenant, string Key, long? Rev, Microservice Value);

    internal sealed record InstanceEntry(string Tenant, string Key, long? Rev, Instance Value);

    internal sealed record TagsEntry(string Tenant, string Key, IReadOnlyDictionary<string, string> Value);

    internal sealed record RuleEntry(string Tenant, string Key, long? Rev, Rule Value);

    internal sealed record ContractEntry(string Tenant, string Key, Contract Value);

    internal sealed record DependencyEntry(string Tenant, string Key, Edge Value);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/dump", HandleAsync)
        .WithName(nameof(DumpRegistry))
        .WithSummary("Show everything that the memory holds of the domain")
        .Answers<Response>(200, "All of it, in all projects of the domain.");

    private static async Task HandleAsync(HttpContext context, Tenant tenant, Registry registry, RegistryWriter writer)
    {
        var services = registry.Tenants
            .Where(t => t.Key.StartsWith(tenant.Domain + "/", StringComparison.Ordinal))
            .SelectMany(static t => t.Services.Values)
            .OrderBy(static s => s.Tenant.Key, StringComparer.Ordinal).ThenBy(static s => s.Id, StringComparer.Ordinal).ToList();
        await using var stream = new JsonStream(context);
        var json = stream.Json;
        json.WriteStartObject();
        json.WriteStartObject("info");
        json.WriteString("version", EngineHealth.ProductVersion);
        json.WriteNumber("revision", writer.Applied);
        json.WriteEndObject();
        json.WriteStartObject("cache");
        var wire = DiscoveryJson.Wire;
        await WriteAsync("services", wire.Microservice, static s => [(s.Id, s.Revision, s.Body)]);
        await WriteAsync("instances", wire.Instance, static s => s.Instances.Values.Select(i => (EntryNames.Join(s.Id, i.Id), i.Revision, i.Body)));
        await WriteAsync("tags", wire.IReadOnlyDictionaryStringString, static s => s.Tags.IsEmpty ? [] : [(s.Id, 0, s.Tags)]);
        await WriteAsync("rules", wire.Rule, static s => s.Rules.Select(r => (EntryNames.Join(s.Id, r.Body.RuleId!), r.Revision, r.Body)));
        await WriteAsync("schemas", wire.Contract, static s => s.Contracts.Select(c => (EntryNames.Join(s.Id, c.Key), 0L, c.Value)));
        await WriteAsync("dependencies", wire.Edge, static s => s.Edges.Keys.Select(e => (EdgeEntries.IdOf(s.Id, e), 0L, e)));
        json.WriteEndObject();
        json.WriteEndObject();

        async Task WriteAsync<T>(string kind, JsonTypeInfo<T> type, Func<ServiceNode, IEnumerable<(string Id, long Revision, T Body)>> entries)
        {
            json.WriteStartArray(kind);
            foreach (var service in services)
            {
                foreach (var (id, revision, body) in entries(service))
                {
                    json.WriteStartObject();
                    json.WriteString("tenant", service.Tenant.Key);
                    json.WriteString("key", id);
                    if (revision > 0)
                    {
                        json.WriteNumber("rev", revision);
                    }

                    json.WritePropertyName("value");
                    JsonSerializer.Serialize(json, body, type);
                    json.WriteEndObject();
                    await stream.FlushAsync();
                }
            }

            json.WriteEndArray();
        }
    }
}
