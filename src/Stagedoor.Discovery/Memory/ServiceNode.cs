using System.Collections.Concurrent;
using System.Collections.Immutable;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Rules;

namespace Stagedoor.Discovery.Memory;

/// <summary>A registered microservice with all that belongs to it.</summary>
internal sealed class ServiceNode
{
    private volatile Microservice _body;

    public ServiceNode(TenantState tenant, string id, Microservice body)
    {
        (Tenant, Id, _body, Key) = (tenant, id, body, body.Key);
        Version = ServiceVersion.TryParse(body.Version, out var version) ? version : default;
        Provider = tenant.ProviderOf(Key.Provider);
        AliasProvider = body.AliasKey is { } alias ? tenant.AliasOf(alias.Provider) : null;
    }

    public TenantState Tenant { get; }

    public string Id { get; }

    public ServiceKey Key { get; }

    public ServiceVersion Version { get; }

    public Provider Provider { get; }

    /// <summary>The provider by its second name; null when it has none.</summary>
    public Provider? AliasProvider { get; }

    public Microservice Body
    {
        get => _body;
        set => _body = value;
    }

    /// <summary>The revision of its own last change.</summary>
    public long Revision { get; set; }

    public ConcurrentDictionary<string, InstanceNode> Instances { get; } = new(1, 1, StringComparer.Ordinal);

    /// <summary>Stored contracts by id.</summary>
    public ImmutableDictionary<string, Contract> Contracts { get; set; } = ImmutableDictionary<string, Contract>.Empty;

    public ImmutableDictionary<string, string> Tags { get; set; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The revision of the last change of its tags or rules; 0 when it never had any.</summary>
    public long VisibilityRevision { get; set; }

    public ImmutableArray<CompiledRule> Rules { get; set; } = [];

    /// <summary>What it depends on, and whether that is stored.</summary>
    public ConcurrentDictionary<Edge, bool> Edges { get; } = new(1, 1);

    /// <summary>Whether consumers of other applications may find it.</summary>
    public bool AllowsCrossApp =>
        Body.Properties is { } properties && properties.TryGetValue("allowCrossApp", out var value)
        && string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Lets its providers know that answers about it are old.</summary>
    public void Changed()
    {
        Provider.Changed();
        AliasProvider?.Changed();
    }
}
