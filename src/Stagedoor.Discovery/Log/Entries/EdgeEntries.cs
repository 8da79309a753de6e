using System.Text.Json;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Relations;

namespace Stagedoor.Discovery.Log.Entries;

/// <summary>Which microservice depends on which: one entry an edge.</summary>
internal sealed class EdgeEntries(Registry registry, Dependencies dependencies) : IEntryKind
{
    public string Name => EntryNames.Edge;

    public int Rank => 1;

    /// <summary>The id of an edge's entry. No part but the tenant may hold a blank.</summary>
    public static string IdOf(string consumerId, Edge edge) =>
        EntryNames.Join(consumerId, $"{edge.Tenant} {edge.Environment} {edge.AppId} {edge.Name} {edge.Version}");

    public void Apply(EntryRow row)
    {
        var (consumerId, rest) = EntryNames.Split(row.Id);
        if (registry.FindTenant(row.Tenant)?.Services.GetValueOrDefault(consumerId) is not { } consumer)
        {
            return;
        }

        if (row.Body is not null)
        {
            dependencies.Link(consumer, JsonSerializer.Deserialize(row.Body, DiscoveryJson.Wire.Edge) ?? throw new JsonException("null"), isStored: true);
        }
        else if (rest.Split(' ') is [.. var tenant, var environment, var appId, var name, var version])
        {
            dependencies.Unlink(consumer, new(string.Join(' ', tenant), environment, appId, name, version));
        }
    }

    // One that is not stored yet misses no row.
    public IEnumerable<(string Tenant, string Id)> Present() =>
        from tenant in registry.Tenants
        from service in tenant.Services.Values
        from edge in service.Edges
        where edge.Value
        select (tenant.Key, IdOf(service.Id, edge.Key));
}
