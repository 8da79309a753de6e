using System.Text.Json;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Rules;

namespace Stagedoor.Discovery.Log.Entries;

/// <summary>Black and white rules of providers.</summary>
internal sealed class RuleEntries(Registry registry, RegistryListeners listeners) : IEntryKind
{
    public string Name => EntryNames.Rule;

    public int Rank => 1;

    public void Apply(EntryRow row)
    {
        var (serviceId, ruleId) = EntryNames.Split(row.Id);
        if (registry.FindTenant(row.Tenant)?.Services.GetValueOrDefault(serviceId) is not { } service)
        {
            return;
        }

        var others = service.Rules.RemoveAll(rule => string.Equals(rule.Body.RuleId, ruleId, StringComparison.Ordinal));
        service.Rules = row.Body is null ? others : others.Add(Decode(row));
        service.VisibilityRevision = row.Revision;
        service.Changed();
        listeners.VisibilityChanged(service);
    }

    public IEnumerable<(string Tenant, string Id)> Present() =>
        from tenant in registry.Tenants
        from service in tenant.Services.Values
        from rule in service.Rules
        select (tenant.Key, EntryNames.Join(service.Id, rule.Body.RuleId!));

    private static CompiledRule Decode(EntryRow row)
    {
        var body = JsonSerializer.Deserialize(row.Body!, DiscoveryJson.Wire.Rule) ?? throw new JsonException("null");
        try
        {
            return new(body, row.Revision);
        }
        catch (ArgumentException e)
        {
            throw new JsonException("The rule's pattern is no regular expression.", e);
        }
    }
}
