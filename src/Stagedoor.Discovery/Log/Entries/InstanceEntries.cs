using System.Text.Json;
using Microsoft.Extensions.Logging;
using Stagedoor.Discovery.Leasing;
using Stagedoor.Discovery.Memory;

namespace Stagedoor.Discovery.Log.Entries;

/// <summary>Instances. A new one gets a fresh lease.</summary>
internal sealed partial class InstanceEntries(
    Registry registry, Leases leases, RegistryListeners listeners, ILogger<InstanceEntries> logger) : IEntryKind
{
    public string Name => EntryNames.Instance;

    public int Rank => 1;

    public void Apply(EntryRow row)
    {
        var (serviceId, instanceId) = EntryNames.Split(row.Id);
        if (registry.FindTenant(row.Tenant)?.Services.GetValueOrDefault(serviceId) is not { } service)
        {
            if (row.Body is not null)
            {
                LogOrphan(row.Id, row.Tenant);
            }

            return;
        }

        service.Instances.TryGetValue(instanceId, out var node);
        if (row.Body is null)
        {
            if (node is not null)
            {
                Remove(service, node);
            }

            return;
        }

        var body = JsonSerializer.Deserialize(row.Body, DiscoveryJson.Wire.Instance) ?? throw new JsonException("null");
        if (node is null)
        {
            Add(service, new(service, instanceId, body, row.Revision));
        }
        else if (node.Revision < row.Revision)
        {
            node.Update(body, row.Revision);
            service.Changed();
            listeners.InstanceChanged(service, InstanceAction.Update, body);
        }
    }

    public void Distrust(string tenant, string id)
    {
        var (serviceId, instanceId) = EntryNames.Split(id);
        if (registry.FindTenant(tenant)?.Services.GetValueOrDefault(serviceId)?.Instances.GetValueOrDefault(instanceId) is { } node)
        {
            node.Update(node.Body, long.MinValue);
        }
    }

    public IEnumerable<(string Tenant, string Id)> Present() =>
        from tenant in registry.Tenants
        from service in tenant.Services.Values
        from id in service.Instances.Keys
        select (tenant.Key, EntryNames.Join(service.Id, id));

    private void Add(ServiceNode service, InstanceNode node)
    {
        leases.Begin(node);
        service.Instances[node.Id] = node;
        service.Tenant.CountInstances(1);
        service.Changed();
        listeners.InstanceChanged(service, InstanceAction.Create, node.Body);
    }

    private void Remove(ServiceNode service, InstanceNode node)
    {
        node.IsGone = true;
        leases.End(node);
        service.Instances.TryRemove(new(node.Id, node));
        service.Tenant.CountInstances(-1);
        service.Changed();
        listeners.InstanceChanged(service, InstanceAction.Delete, node.Body);
    }

    [LoggerMessage(LogLevel.Warning, "The stored instance {Id} of {Tenant} has no microservice; it is left out")]
    private partial void LogOrphan(string id, string tenant);
}
