using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Queries;

/// <summary>
/// The spans of a trace as they called each other. A span whose parent is not there is an orphan, and comes behind those that have a root. Spans that were sent in several
/// variants are there once, as the one that ended last; of two halves that share an id the server's is in the client's.
/// </summary>
internal sealed class TraceTree
{
    private readonly SpanGroup _spans;
    private readonly Dictionary<ulong, Halves> _byId = [];
    private readonly List<Node> _nodes = [];

    private TraceTree(SpanGroup spans) => _spans = spans;

    /// <summary>A span and those in it.</summary>
    internal sealed class Node
    {
        /// <summary>Which of the trace's spans it is.</summary>
        public required int Span { get; init; }

        /// <summary>The server's half of it, when both are one node; else -1.</summary>
        public int Server { get; set; } = -1;

        /// <summary>What it is in; null for a root or an orphan.</summary>
        public Node? Parent { get; set; }

        /// <summary>What is in it, by start, then by id.</summary>
        public List<Node> Children { get; } = [];

        /// <summary>Whether its parent is not there.</summary>
        public bool IsOrphan { get; set; }

        /// <summary>What is wrong with it.</summary>
        public List<string> Warnings { get; } = [];

        internal bool IsReached { get; set; }
    }

    /// <summary>Roots, then orphans.</summary>
    public IReadOnlyList<Node> Roots { get; private set; } = [];

    /// <summary>How many nodes have no parent although they name one.</summary>
    public int Orphans { get; private set; }

    /// <summary>Whether spans were in each other in a circle.</summary>
    public bool HadCycle { get; private set; }

    /// <summary>Makes the tree of a trace.</summary>
    /// <param name="spans">Its spans.</param>
    /// <param name="joinsHalves">Whether both halves of a shared span are one node; else the server's is in the client's.</param>
    public static TraceTree Of(SpanGroup spans, bool joinsHalves)
    {
        var tree = new TraceTree(spans);
        tree.AddNodes(joinsHalves);
        tree.Link();
        return tree;
    }

    /// <summary>All nodes, each before those in it.</summary>
    public IEnumerable<(Node Node, int Depth)> InOrder()
    {
        var open = new Stack<(Node Node, int Depth)>();
        foreach (var root in Roots)
        {
            open.Push((root, 0));
            while (open.TryPop(out var next))
            {
                yield return next;
                for (var i = next.Node.Children.Count - 1; i >= 0; i--)
                {
                    open.Push((next.Node.Children[i], next.Depth + 1));
                }
            }
        }
    }

    private void AddNodes(bool joinsHalves)
    {
        for (var i = 0; i < _spans.Batch.Spans.Count; i++)
        {
            var span = _spans.Batch.Spans[i];
            if (!_byId.TryGetValue(span.SpanId, out var halves))
            {
                _byId.Add(span.SpanId, halves = new());
            }

            halves.Add(i, span, _spans.Batch);
        }

        foreach (var halves in _byId.Values)
        {
            if (halves is { Caller: >= 0, Server: >= 0 })
            {
                halves.CallerNode = Add(halves.Caller, halves.CallerVariants);
                if (joinsHalves)
                {
                    halves.CallerNode.Server = halves.Server;
                    halves.ServerNode = halves.CallerNode;
                }
                else
                {
                    halves.ServerNode = Add(halves.Server, halves.ServerVariants);
                }
            }
            else
            {
                halves.CallerNode = halves.ServerNode = Add(Math.Max(halves.Caller, halves.Server), Math.Max(halves.CallerVariants, halves.ServerVariants));
            }
        }
    }

    private Node Add(int span, int variants)
    {
        var node = new Node { Span = span };
        if (variants > 1)
        {
            node.Warnings.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"duplicate span id ({variants} variants)"));
        }

        _nodes.Add(node);
        return node;
    }

    private void Link()
    {
        foreach (var node in _nodes)
        {
            node.Parent = ParentOf(node);
            node.Parent?.Children.Add(node);
        }

        var tops = _nodes.FindAll(static n => n.Parent is null);
        foreach (var top in tops)
        {
            top.IsOrphan = SpanOf(top).ParentId != 0;
            Reach(top);
        }

        // What nothing led to is in a circle: it begins at its earliest span.
        foreach (var node in Sorted(_nodes.FindAll(static n => !n.IsReached)))
        {
            if (!node.IsReached)
            {
                node.Parent!.Children.Remove(node);
                node.Parent = null;
                node.IsOrphan = true;
                node.Warnings.Add("its parents are in it: a circle was cut here");
                HadCycle = true;
                tops.Add(node);
                Reach(node);
            }
        }

        foreach (var node in _nodes)
        {
            node.Children.Sort(Compare);
        }

        Orphans = tops.Count(static t => t.IsOrphan);
        Roots = [.. Sorted(tops.FindAll(static t => !t.IsOrphan)), .. Sorted(tops.FindAll(static t => t.IsOrphan))];
    }

    private Node? ParentOf(Node node)
    {
        var span = SpanOf(node);
        var own = _byId[span.SpanId];
        if (own.ServerNode == node && own.CallerNode != node)
        {
            return own.CallerNode;
        }

        if (span.ParentId == 0 || !_byId.TryGetValue(span.ParentId, out var parent))
        {
            return null;
        }

        // Of two halves it is in that of its own process; a request that it serves was sent by the caller's.
        return parent.ServerNode != parent.CallerNode && _spans.IdentityOf(SpanOf(parent.ServerNode!)) == _spans.IdentityOf(span) ? parent.ServerNode : parent.CallerNode;
    }

    private static void Reach(Node top)
    {
        var open = new Stack<Node>([top]);
        while (open.TryPop(out var node))
        {
            node.IsReached = true;
            foreach (var child in node.Children)
            {
                open.Push(child);
            }
        }
    }

    private List<Node> Sorted(List<Node> nodes)
    {
        nodes.Sort(Compare);
        return nodes;
    }

    private int Compare(Node a, Node b)
    {
        var (left, right) = (SpanOf(a), SpanOf(b));
        return left.Start != right.Start ? left.Start.CompareTo(right.Start) : left.SpanId.CompareTo(right.SpanId);
    }

    private SpanData SpanOf(Node node) => _spans.Batch.Spans[node.Span];

    // A client's and a server's span under one id.
    private sealed class Halves
    {
        public int Caller { get; private set; } = -1;

        public int Server { get; private set; } = -1;

        public int CallerVariants { get; private set; }

        public int ServerVariants { get; private set; }

        public Node? CallerNode { get; set; }

        public Node? ServerNode { get; set; }

        public void Add(int place, in SpanData span, SpanBatch batch)
        {
            if (span.Kind is SpanKind.Server or SpanKind.Consumer)
            {
                ServerVariants++;
                Server = Later(Server, place, batch);
            }
            else
            {
                CallerVariants++;
                Caller = Later(Caller, place, batch);
            }
        }

        private static int Later(int known, int place, SpanBatch batch) => known < 0 || batch.Spans[place].End > batch.Spans[known].End ? place : known;
    }
}
