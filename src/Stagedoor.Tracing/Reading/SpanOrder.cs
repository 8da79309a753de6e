using Stagedoor.Tracing.Queries;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Reading;

/// <summary>The spans of a trace as readers are shown them: each once, parents first, not more than one bears.</summary>
/// <param name="Nodes">The spans.</param>
/// <param name="Warnings">What is wrong with the trace.</param>
internal sealed record SpanOrder(IReadOnlyList<TraceTree.Node> Nodes, IReadOnlyList<string> Warnings)
{
    /// <summary>Those of a trace.</summary>
    public static SpanOrder Of(SpanGroup group)
    {
        var nodes = TraceTree.Of(group, joinsHalves: false).InOrder().Select(static n => n.Node).ToList();
        if (nodes.Count <= ReadScope.MostSpans)
        {
            return new(nodes, []);
        }

        var warning = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"the trace has {nodes.Count} spans, of which the first {ReadScope.MostSpans} are here");
        nodes.RemoveRange(ReadScope.MostSpans, nodes.Count - ReadScope.MostSpans);
        return new(nodes, [warning]);
    }
}
