namespace Stagedoor.Tracing.Model.Topology;

/// <summary>What was measured in a minute, or in a longer time that such minutes were added up to. Not safe for several callers at a time.</summary>
/// <param name="graph">Whose nodes they are of.</param>
internal sealed class MinuteMeasures(Graph graph)
{
    private const int Format = 1;

    /// <summary>Whose nodes they are of.</summary>
    public Graph Graph { get; } = graph;

    /// <summary>What services handled.</summary>
    public Dictionary<Node, Red> Nodes { get; } = [];

    /// <summary>What instances handled.</summary>
    public Dictionary<(Node Service, string Name), Red> Instances { get; } = [];

    /// <summary>What services handled, by transaction.</summary>
    public Dictionary<(Node Service, string Name), Red> Transactions { get; } = [];

    /// <summary>Calls from one node to another.</summary>
    public Dictionary<Edge, Red> Edges { get; } = [];

    /// <summary>Whether nothing was measured.</summary>
    public bool IsEmpty => Nodes.Count == 0 && Edges.Count == 0;

    /// <summary>Counts a call that a service handled.</summary>
    public void Add(Instance instance, string transaction, in Call call)
    {
        Of(Nodes, instance.Service).Add(call);
        Of(Instances, (instance.Service, instance.Name)).Add(call);
        Of(Transactions, (instance.Service, transaction)).Add(call);
    }

    /// <summary>Counts a call from one node to another.</summary>
    public void Add(Edge edge, in Call call) => Of(Edges, edge).Add(call);

    /// <summary>Counts all that another one has counted.</summary>
    public void Add(MinuteMeasures other)
    {
        Merge(Nodes, other.Nodes);
        Merge(Instances, other.Instances);
        Merge(Transactions, other.Transactions);
        Merge(Edges, other.Edges);
    }

    /// <summary>Writes it.</summary>
    public void Write(AggregateWriter writer)
    {
        writer.Number(Format);
        writer.Number(Nodes.Count);
        foreach (var (node, red) in Nodes)
        {
            Write(writer, node);
            red.Write(writer);
        }

        Write(writer, Instances);
        Write(writer, Transactions);
        writer.Number(Edges.Count);
        foreach (var (edge, red) in Edges)
        {
            Write(writer, edge.Source);
            Write(writer, edge.Target);
            writer.Text(edge.Type);
            red.Write(writer);
        }
    }

    /// <summary>Reads what was written.</summary>
    /// <param name="bytes">What was written.</param>
    /// <param name="graph">Whose nodes they become.</param>
    /// <exception cref="InvalidDataException">It was not written by <see cref="Write(AggregateWriter)"/>.</exception>
    public static MinuteMeasures Read(ReadOnlySpan<byte> bytes, Graph graph)
    {
        var reader = new AggregateReader(bytes);
        if (reader.Number() != Format)
        {
            throw new InvalidDataException("Measures were written by another version.");
        }

        var measures = new MinuteMeasures(graph);
        for (var count = reader.Number(); count > 0; count--)
        {
            measures.Nodes[ReadNode(ref reader, graph)] = Red.Read(ref reader);
        }

        foreach (var named in (Dictionary<(Node Service, string Name), Red>[])[measures.Instances, measures.Transactions])
        {
            for (var count = reader.Number(); count > 0; count--)
            {
                var service = ReadNode(ref reader, graph);
                var name = reader.Text();
                named[(service, name)] = Red.Read(ref reader);
            }
        }

        for (var count = reader.Number(); count > 0; count--)
        {
            var source = ReadNode(ref reader, graph);
            var target = ReadNode(ref reader, graph);
            var type = reader.Text();
            measures.Edges[new(source, target, type)] = Red.Read(ref reader);
        }

        return measures;
    }

    private static void Write(AggregateWriter writer, Dictionary<(Node Service, string Name), Red> named)
    {
        writer.Number(named.Count);
        foreach (var ((service, name), red) in named)
        {
            Write(writer, service);
            writer.Text(name);
            red.Write(writer);
        }
    }

    private static void Write(AggregateWriter writer, Node node)
    {
        writer.Number((long)node.Type);
        writer.Text(node.MonitorGroup);
        writer.Text(node.Name);
    }

    private static Node ReadNode(ref AggregateReader reader, Graph graph)
    {
        var type = reader.Number();
        var group = reader.Text();
        var name = reader.Text();
        return type <= (long)NodeType.User ? graph.Get((NodeType)type, group, name) : throw new InvalidDataException("A node of an aggregate is of no known type.");
    }

    private static Red Of<TKey>(Dictionary<TKey, Red> measures, TKey key)
        where TKey : notnull
    {
        if (!measures.TryGetValue(key, out var red))
        {
            measures.Add(key, red = new());
        }

        return red;
    }

    private static void Merge<TKey>(Dictionary<TKey, Red> into, Dictionary<TKey, Red> from)
        where TKey : notnull
    {
        foreach (var (key, red) in from)
        {
            Of(into, key).Add(red);
        }
    }
}

/// <summary>Calls of one kind from one node to another.</summary>
/// <param name="Source">Who calls.</param>
/// <param name="Target">What is called.</param>
/// <param name="Type">By which protocol.</param>
internal readonly record struct Edge(Node Source, Node Target, string Type);
