using System.Text.Json;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Relations;

namespace Stagedoor.Discovery.Log.Entries;

/// <summary>Microservices.</summary>
internal sealed class ServiceEntries(Registry registry, Dependencies dependencies) : IEntryKind
{
    public string Name => EntryNames.Service;

    public int Rank => 0;

    public void Apply(EntryRow row)
    {
        if (row.Body is null)
        {
            if (registry.FindTenant(row.Tenant) is { } known && known.Services.TryGetValue(row.Id, out var old))
            {
                Remove(known, old);
            }

            return;
        }

        var body = JsonSerializer.Deserialize(row.Body, DiscoveryJson.Wire.Microservice) ?? throw new JsonException("null");
        if (body.ServiceName is null || body.Version is null)
        {
            throw new JsonException("A microservice without name or version.");
        }

        var tenant = registry.TenantOf(row.Tenant);
        if (tenant.Services.TryGetValue(row.Id, out var node))
        {
            if (node.Revision >= row.Revision)
            {
                return;
            }

            if (node.Key == body.Key && node.Body.AliasKey == body.AliasKey)
            {
                (node.Body, node.Revision) = (body, row.Revision);
                node.Changed();
                return;
            }

            Remove(tenant, node);
        }

        Add(tenant, new(tenant, row.Id, body) { Revision = row.Revision });
    }

    public void Distrust(string tenant, string id)
    {
        if (registry.FindTenant(tenant) is { } known && known.Services.TryGetValue(id, out var node))
        {
            Add(known, node);
            node.Revision = long.MinValue;
        }
    }

    public IEnumerable<(string Tenant, string Id)> Present() =>
        from tenant in registry.Tenants from id in tenant.Services.Keys select (tenant.Key, id);

    private static void Add(TenantState tenant, ServiceNode node)
    {
        tenant.Services[node.Id] = node;
        tenant.ByKey[node.Key] = node;
        node.Provider.Services[node.Id] = node;
        if (node.Body.AliasKey is { } alias)
        {
            tenant.ByAlias[alias] = node;
            node.AliasProvider!.Services[node.Id] = node;
        }

        node.Changed();
    }

    private void Remove(TenantState tenant, ServiceNode node)
    {
        // Its place among the tenant's comes last: should this fail half-way, it is found there and removed again.
        tenant.ByKey.TryRemove(new(node.Key, node));
        node.Provider.Services.TryRemove(new(node.Id, node));
        if (node.Body.AliasKey is { } alias)
        {
            tenant.ByAlias.TryRemove(new(alias, node));
            node.AliasProvider!.Services.TryRemove(new(node.Id, node));
        }

        tenant.Services.TryRemove(new(node.Id, node));

        // Its own rows are gone in the same revision; this is for a row that was lost.
        foreach (var instance in node.Instances.Values)
        {
            instance.IsGone = true;
            tenant.CountInstances(-1);
        }

        dependencies.Forget(node);
        node.Changed();
    }
}
