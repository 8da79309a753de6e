namespace Stagedoor.Tracing.Model.Topology;

/// <summary>What calls or is called. There is one object for each of a project, so that they compare as objects.</summary>
internal sealed class Node
{
    internal Node(NodeType type, string group, string name) => (Type, MonitorGroup, Name) = (type, group, name);

    /// <summary>What it is.</summary>
    public NodeType Type { get; }

    /// <summary>A service's group; empty else.</summary>
    public string MonitorGroup { get; }

    /// <summary>The service, or the host, database, topic or user.</summary>
    public string Name { get; }

    /// <summary>What it is in an answer: <c>group/service</c>, or <c>TYPE:name</c>.</summary>
    public string Id => Type is NodeType.Service ? $"{MonitorGroup}/{Name}" : $"{TypeName}:{Name}";

    /// <summary>The type in an answer.</summary>
    public string TypeName => Type switch
    {
        NodeType.Service => "SERVICE",
        NodeType.Database => "DATABASE",
        NodeType.Cache => "CACHE",
        NodeType.Messaging => "MQ",
        NodeType.External => "EXTERNAL",
        _ => "USER",
    };

    /// <inheritdoc/>
    public override string ToString() => Id;
}

/// <summary>What a node is. The numbers are stored.</summary>
internal enum NodeType : byte
{
    Service = 0,
    Database = 1,
    Cache = 2,
    Messaging = 3,
    External = 4,
    User = 5,
}

/// <summary>An instance of a service.</summary>
/// <param name="Service">The service.</param>
/// <param name="Name">The instance.</param>
internal sealed record Instance(Node Service, string Name);
