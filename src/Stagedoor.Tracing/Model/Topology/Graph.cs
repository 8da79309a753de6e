namespace Stagedoor.Tracing.Model.Topology;

/// <summary>The nodes of a project. Not safe for several callers at a time.</summary>
internal sealed class Graph
{
    // Whoever makes up a name for each call must not fill the memory: what comes then is one node.
    private const int MostNodes = 20_000;
    private const string Others = "(others)";

    private readonly Dictionary<(NodeType Type, string Group, string Name), Node> _nodes = [];
    private readonly Dictionary<string, List<Node>> _services = new(StringComparer.Ordinal);

    /// <summary>All nodes that were seen.</summary>
    public IReadOnlyCollection<Node> Nodes => _nodes.Values;

    /// <summary>Whoever calls a service from outside without a trace of his own.</summary>
    public Node User => Get(NodeType.User, "", "user");

    /// <summary>A service's node.</summary>
    public Node Service(string group, string application) => Get(NodeType.Service, group, application);

    /// <summary>The node of a database, a cache or a broker as <see cref="SpanReading.Resource"/> names it.</summary>
    public Node Resource(string resource)
    {
        var colon = resource.IndexOf(':', StringComparison.Ordinal);
        return Get(resource[..colon] switch { "DATABASE" => NodeType.Database, "CACHE" => NodeType.Cache, _ => NodeType.Messaging }, "", resource[(colon + 1)..]);
    }

    /// <summary>The service of a name, rather of this group than of another; else what is outside.</summary>
    public Node Named(string name, string group)
    {
#pragma warning disable CA1308 // The query API's names are in lower case.
        if (_services.TryGetValue(name.ToLowerInvariant(), out var services))
#pragma warning restore CA1308
        {
            return services.Find(s => string.Equals(s.MonitorGroup, group, StringComparison.Ordinal)) ?? services[0];
        }

        return Get(NodeType.External, "", name);
    }

    /// <summary>A node.</summary>
    public Node Get(NodeType type, string group, string name)
    {
        if (_nodes.TryGetValue((type, group, name), out var node))
        {
            return node;
        }

        if (_nodes.Count >= MostNodes && name is not Others)
        {
            return Get(type, "", Others);
        }

        node = new(type, group, name);
        _nodes.Add((type, group, name), node);
        if (type is NodeType.Service)
        {
            if (!_services.TryGetValue(name, out var services))
            {
                _services.Add(name, services = []);
            }

            services.Add(node);
        }

        return node;
    }
}
