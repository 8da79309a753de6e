using System.Collections.Concurrent;
using Stagedoor.Discovery.Requests;

namespace Stagedoor.Discovery.Engine;

/// <summary>What is registered, in memory, with the ways to look it up. Changes go through <see cref="RegistryWriter"/>.</summary>
internal sealed class Registry
{
    private readonly ConcurrentDictionary<string, TenantState> _tenants = new(StringComparer.Ordinal);

    public IEnumerable<TenantState> Tenants => _tenants.Values;

    public TenantState? FindTenant(string key) => _tenants.GetValueOrDefault(key);

    /// <summary>The tenant's state, made when there is none. For entries that are stored; a request alone makes no tenant.</summary>
    public TenantState TenantOf(string key) => _tenants.GetOrAdd(key, static k => new(k));

    public ServiceNode? FindService(Tenant tenant, string serviceId) => FindTenant(tenant.Key)?.Services.GetValueOrDefault(serviceId);

    public InstanceNode? FindInstance(Tenant tenant, string serviceId, string instanceId) =>
        FindService(tenant, serviceId)?.Instances.GetValueOrDefault(instanceId);
}
