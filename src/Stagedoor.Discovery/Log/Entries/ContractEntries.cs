using System.Text.Json;
using Stagedoor.Discovery.Memory;

namespace Stagedoor.Discovery.Log.Entries;

/// <summary>Contents of contracts.</summary>
internal sealed class ContractEntries(Registry registry) : IEntryKind
{
    public string Name => EntryNames.Contract;

    public int Rank => 1;

    public void Apply(EntryRow row)
    {
        var (serviceId, schemaId) = EntryNames.Split(row.Id);
        if (registry.FindTenant(row.Tenant)?.Services.GetValueOrDefault(serviceId) is { } service)
        {
            service.Contracts = row.Body is null
                ? service.Contracts.Remove(schemaId)
                : service.Contracts.SetItem(schemaId, JsonSerializer.Deserialize(row.Body, DiscoveryJson.Wire.Contract) ?? throw new JsonException("null"));
        }
    }

    public IEnumerable<(string Tenant, string Id)> Present() =>
        from tenant in registry.Tenants
        from service in tenant.Services.Values
        from id in service.Contracts.Keys
        select (tenant.Key, EntryNames.Join(service.Id, id));
}
