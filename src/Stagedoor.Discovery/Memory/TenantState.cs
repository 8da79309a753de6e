using System.Collections.Concurrent;
using Stagedoor.Discovery.Model;

namespace Stagedoor.Discovery.Memory;

/// <summary>What is registered in a tenant. One thread writes, everyone reads.</summary>
internal sealed class TenantState(string key)
{
    private int _instances;

    /// <summary><c>domain/project</c>.</summary>
    public string Key { get; } = key;

    public ConcurrentDictionary<string, ServiceNode> Services { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<ServiceKey, ServiceNode> ByKey { get; } = new();

    /// <summary>Microservices that have a second name, by it.</summary>
    public ConcurrentDictionary<ServiceKey, ServiceNode> ByAlias { get; } = new();

    public ConcurrentDictionary<ProviderName, Provider> Providers { get; } = new();

    /// <summary>Providers by the second name of their versions.</summary>
    public ConcurrentDictionary<ProviderName, Provider> Aliases { get; } = new();

    /// <summary>How many instances are registered.</summary>
    public int Instances => Volatile.Read(ref _instances);

    public void CountInstances(int more) => Interlocked.Add(ref _instances, more);

    public Provider ProviderOf(ProviderName name) => Providers.GetOrAdd(name, static (n, tenant) => new(tenant, n), this);

    public Provider AliasOf(ProviderName name) => Aliases.GetOrAdd(name, static (n, tenant) => new(tenant, n), this);

    /// <summary>Notes that a microservice depends on a name.</summary>
    public void Depends(ServiceNode consumer, ProviderName name)
    {
        Provider provider;
        do
        {
            // It may be forgotten at this very moment, and then nobody would look there.
            provider = ProviderOf(name);
            provider.Consumers[consumer] = 0;
        }
        while (!ReferenceEquals(Providers.GetValueOrDefault(name), provider));
    }

    /// <summary>Forgets names that nothing is registered under, after a time. Only who writes may call it.</summary>
    public void Tidy(long now, long wait)
    {
        foreach (var (name, provider) in Providers)
        {
            if (provider.IsIdle(now, wait) && Providers.TryRemove(new(name, provider)))
            {
                // Somebody may have come in between.
                foreach (var consumer in provider.Consumers.Keys)
                {
                    Depends(consumer, name);
                }
            }
        }

        foreach (var (name, alias) in Aliases)
        {
            if (alias.IsIdle(now, wait))
            {
                Aliases.TryRemove(new(name, alias));
            }
        }
    }

    /// <summary>Whether nothing is known of the tenant but its name.</summary>
    public bool IsEmpty => Services.IsEmpty && Providers.IsEmpty && Aliases.IsEmpty;

    /// <summary>The provider of a name, else of an alias; null when nothing is registered under either.</summary>
    public Provider? FindProvider(ProviderName name) =>
        Providers.TryGetValue(name, out var provider) && !provider.IsEmpty ? provider
        : Aliases.TryGetValue(name, out var alias) && !alias.IsEmpty ? alias
        : null;
}
