using System.Collections.Concurrent;
using Stagedoor.Discovery.Model;

namespace Stagedoor.Discovery.Engine;

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

    /// <summary>The provider of a name, else of an alias; null when nothing is registered under either.</summary>
    public Provider? FindProvider(ProviderName name) =>
        Providers.TryGetValue(name, out var provider) && !provider.IsEmpty ? provider
        : Aliases.TryGetValue(name, out var alias) && !alias.IsEmpty ? alias
        : null;
}
