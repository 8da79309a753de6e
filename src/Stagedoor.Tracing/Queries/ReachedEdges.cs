using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Queries;

/// <summary>
/// Which calls a transaction leads to. What is counted of a call does not know the transaction that it was made for, so that it is looked up in the latest traces of it.
/// </summary>
internal static class ReachedEdges
{
    private const int Latest = 100;

    /// <summary>The ids of who calls and of what is called.</summary>
    /// <param name="store">Where traces are.</param>
    /// <param name="search">The transaction and the time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<HashSet<(string Source, string Target)>> FindAsync(ITraceStore store, SpanSearch search, CancellationToken cancellationToken)
    {
        var reached = new HashSet<(string Source, string Target)>();
        var answer = await store.SearchAsync(search with { EntryOnly = true, RowIsEarliest = true, Limit = Latest }, cancellationToken);
        foreach (var row in answer.Rows)
        {
            if (await store.FindTraceAsync(search.Project, row.TraceId, cancellationToken) is { } trace)
            {
                Collect(reached, trace.Spans, row);
            }
        }

        return reached;
    }

    private static void Collect(HashSet<(string Source, string Target)> reached, SpanGroup group, SpanRow row)
    {
        var under = new HashSet<TraceTree.Node>();
        foreach (var (node, _) in TraceTree.Of(group, joinsHalves: false).InOrder())
        {
            var span = group.Batch.Spans[node.Span];
            var facts = group.Facts[node.Span];
            var own = group.IdentityOf(span);
            var isEntry = facts.IsEntry && string.Equals(own.Service, row.Identity.Service, StringComparison.Ordinal)
                && string.Equals(group.Batch.TextOf(facts.Transaction), row.Transaction, StringComparison.Ordinal);
            var isBelow = node.Parent is { } parent && under.Contains(parent);
            if (!isEntry && !isBelow)
            {
                continue;
            }

            under.Add(node);
            var reading = SpanReader.Read(group.Batch, in span, ServiceRules.None);
            if (isBelow && group.IdentityOf(group.Batch.Spans[node.Parent!.Span]) is var caller && caller != own)
            {
                reached.Add((IdOf(caller), IdOf(own)));
            }

            if (reading.Resource.Length > 0)
            {
                reached.Add(span.Kind is SpanKind.Consumer ? (reading.Resource, IdOf(own)) : (IdOf(own), reading.Resource));
            }
            else if (span.Kind is SpanKind.Client or SpanKind.Producer && reading.RemoteName.Length > 0)
            {
                // It is counted as a service where one has that name.
                reached.Add((IdOf(own), $"EXTERNAL:{reading.RemoteName}"));
                reached.Add((IdOf(own), $"{own.Group}/{Lower.Of(reading.RemoteName)}"));
            }
        }
    }

    private static string IdOf(SpanIdentity identity) => $"{identity.Group}/{identity.Service}";
}
