using System.Collections.Concurrent;
using Stagedoor.Discovery.Log;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Memory;

/// <summary>What is registered, in memory, with the ways to look it up. Changes go through <see cref="RegistryWriter"/>.</summary>
internal sealed class Registry
{
    private readonly ConcurrentDictionary<string, TenantState> _tenants = new(StringComparer.Ordinal);

    public IEnumerable<TenantState> Tenants => _tenants.Values;

    /// <summary>All instances of all tenants.</summary>
    public IEnumerable<InstanceNode> Instances =>
        from tenant in _tenants.Values from service in tenant.Services.Values from instance in service.Instances.Values select instance;

    public TenantState? FindTenant(string key) => _tenants.GetValueOrDefault(key);

    /// <summary>The tenant's state, made when there is none. For entries that are stored; a request alone makes no tenant.</summary>
    public TenantState TenantOf(string key) => _tenants.GetOrAdd(key, static k => new(k));

    /// <summary>Forgets names of tenants and providers that nothing is registered under: callers choose them. Only who writes may call it.</summary>
    /// <param name="now">The time in milliseconds.</param>
    /// <param name="wait">For how long somebody may have been waiting for a name.</param>
    public void Tidy(long now, long wait)
    {
        foreach (var (key, tenant) in _tenants)
        {
            tenant.Tidy(now, wait);

            // Edges from everywhere lead to the default tenant.
            if (tenant.IsEmpty && !string.Equals(key, Tenant.Default.Key, StringComparison.Ordinal))
            {
                _tenants.TryRemove(new(key, tenant));
            }
        }
    }

    public ServiceNode? FindService(Tenant tenant, string serviceId) => FindTenant(tenant.Key)?.Services.GetValueOrDefault(serviceId);

    public InstanceNode? FindInstance(Tenant tenant, string serviceId, string instanceId) =>
        FindService(tenant, serviceId)?.Instances.GetValueOrDefault(instanceId);
}
