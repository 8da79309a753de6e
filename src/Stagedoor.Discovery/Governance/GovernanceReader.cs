using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Microservices;
using Stagedoor.Discovery.Relations;
using Stagedoor.Discovery.Rules;
using Stagedoor.Discovery.Schemas;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Governance;

/// <summary>Looks over a tenant for consoles.</summary>
internal sealed class GovernanceReader(Registry registry, RegistryReader reader, RelatedServices related, SharedServices shared)
{
    /// <summary>The tenant's microservices as of now.</summary>
    public async Task<IReadOnlyList<ServiceNode>> ServicesAsync(Tenant tenant, bool withShared)
    {
        await reader.CatchUpAsync();
        return reader.ServicesOf(tenant, shared, withShared);
    }

    public Statistics Count(Tenant tenant, IReadOnlyCollection<ServiceNode> services, bool withShared) => Statistics.Of(
        services,
        registry.Tenants.Where(t => t.Key.StartsWith(tenant.Domain + "/", StringComparison.Ordinal))
            .SelectMany(static t => t.Services.Values).Where(s => withShared || !shared.IsShared(s)));

    public ServiceDetail Describe(ServiceNode service, DetailParts parts) => new()
    {
        MicroService = service.Body,
        Instances = parts.HasFlag(DetailParts.Instances)
            ? [.. service.Instances.Values.Select(static i => i.Body).OrderBy(static i => i.Timestamp, StringComparer.Ordinal).ThenBy(static i => i.InstanceId, StringComparer.Ordinal)]
            : null,
        SchemaInfos = parts.HasFlag(DetailParts.Schemas) ? ListSchemas.Of(service, withSchema: true) : null,
        Rules = parts.HasFlag(DetailParts.Rules) ? ListRules.Of(service) : null,
        Tags = parts.HasFlag(DetailParts.Tags) ? service.Tags : null,
        Providers = parts.HasFlag(DetailParts.Dependencies) ? [.. related.ProvidersOf(service, true, true).Select(static s => s.Body)] : null,
        Consumers = parts.HasFlag(DetailParts.Dependencies) ? [.. related.ConsumersOf(service, true, true).Select(static s => s.Body)] : null,
        MicroServiceVersions = parts.HasFlag(DetailParts.Versions) ? [.. service.Provider.View().Services.Select(static s => s.Key.Version)] : null,
        Statics = (parts & (DetailParts.Statistics | DetailParts.Counts)) != DetailParts.None ? new() { Instances = new() { Count = service.Instances.Count } } : null,
    };
}
