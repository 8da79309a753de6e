using System.Collections.Immutable;
using System.Text.Json;
using Stagedoor.Discovery.Memory;

namespace Stagedoor.Discovery.Log.Entries;

/// <summary>The tags of a microservice, all in one entry.</summary>
internal sealed class TagEntries(Registry registry, RegistryListeners listeners) : IEntryKind
{
    public string Name => EntryNames.Tags;

    public int Rank => 1;

    public void Apply(EntryRow row)
    {
        if (registry.FindTenant(row.Tenant)?.Services.GetValueOrDefault(row.Id) is not { } service)
        {
            return;
        }

        service.Tags = row.Body is null
            ? ImmutableDictionary<string, string>.Empty
            : (JsonSerializer.Deserialize(row.Body, DiscoveryJson.Wire.DictionaryStringString) ?? throw new JsonException("null"))
                .ToImmutableDictionary(StringComparer.Ordinal);
        service.VisibilityRevision = row.Revision;
        service.Changed();
        listeners.VisibilityChanged(service);
    }

    public IEnumerable<(string Tenant, string Id)> Present() =>
        from tenant in registry.Tenants from service in tenant.Services.Values where !service.Tags.IsEmpty select (tenant.Key, service.Id);
}
