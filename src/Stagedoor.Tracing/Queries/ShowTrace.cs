using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Queries;

/// <summary><c>GET /v1/{project_id}/ats/traces/{trace_id}</c>: a trace as a tree, which the original has in its console only.</summary>
internal static class ShowTrace
{
    /// <summary>How deep nodes are in each other at most; what is deeper is put into the last one.</summary>
    public const int MostDepth = 256;

    private const int MostSpans = 50_000;

    // Whoever has not sent for so long sends no more, as far as one can tell.
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(30);

    /// <summary>A trace. Times and durations in microseconds.</summary>
    internal sealed record Trace(
        string TraceId,
        long StartTime,
        long EndTime,
        long Duration,
        int Status,
        int SpanCount,
        int ErrorCount,
        int ServiceCount,
        int OrphanCount,
        bool Complete,
        bool Truncated,
        IReadOnlyList<string> Warnings,
        IReadOnlyList<Node> SpanTree);

    /// <summary>A span of it.</summary>
    internal sealed record Node(
        string SpanId,
        string? ParentId,
        string EventId,
        int Depth,
        bool Orphan,
        string Name,
        string Kind,
        string Type,
        string MonitorGroup,
        string Application,
        string Instance,
        string ClusterId,
        string Namespace,
        string? Transaction,
        long StartTime,
        long EndTime,
        long Duration,
        long SelfTime,
        int Status,
        string ResultCode,
        string StatusMessage,
        string Address,
        Peer? Peer,
        string Argument,
        [property: Schema(AttributeObject.Schema)] AttributeObject Attributes,
        [property: Schema(AttributeObject.Schema)] AttributeObject Resource,
        IReadOnlyList<Event> Events,
        IReadOnlyList<Link> Links,
        IReadOnlyList<string> Warnings,
        IReadOnlyList<Node> Children);

    /// <summary>What a span called.</summary>
    internal sealed record Peer(string Name, string Ip, int Port, string Type);

    /// <summary>Something that happened in a span.</summary>
    internal sealed record Event(long Time, string Name, [property: Schema(AttributeObject.Schema)] AttributeObject Attributes);

    /// <summary>Another span that one has to do with.</summary>
    internal sealed record Link(string TraceId, string SpanId, [property: Schema(AttributeObject.Schema)] AttributeObject Attributes);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/traces/{trace_id}", HandleAsync)
        .WithName(nameof(ShowTrace))
        .WithSummary("Show a trace as a tree")
        .PathParameter("trace_id", "16 or 32 hexadecimal digits.")
        .Answers<Answer<Trace>>(200, "The trace.")
        .Action("apm:ats:get");

    private static async Task<IResult> HandleAsync(HttpContext context, ITraceStore store, TimeProvider clock, CancellationToken cancellationToken)
    {
        var query = ApmQuery.Read(context, QueryFamily.Ats);
        var traceId = SpanIds.ReadTrace(query.PathName("traceId", 4)) ?? throw query.Family.Invalid("traceId", "16 or 32 hexadecimal digits, not all of them 0");
        return await store.FindTraceAsync(query.Project, traceId, cancellationToken) is { } trace
            ? Answers.Of(query.Family, Of(traceId, trace, clock.GetUtcNow()), TracingJson.Wire.TraceAnswer)
            : TracingError.EmptyResult();
    }

    private static Trace Of(UInt128 traceId, StoredTrace stored, DateTimeOffset now)
    {
        var group = stored.Spans;
        var tree = TraceTree.Of(group, joinsHalves: false);
        var built = new Builder(group).Build(tree);
        var all = tree.InOrder().Select(static n => n.Node).ToList();
        var (start, end) = (all.Min(n => group.Batch.Spans[n.Span].Start), all.Max(n => group.Batch.Spans[n.Span].End));
        var roots = tree.Roots.Where(static r => !r.IsOrphan).ToList();
        var failed = all.Count(n => group.Facts[n.Span].IsFailed);
        var isTruncated = all.Count > MostSpans;
        return new(
            SpanIds.Of(traceId),
            SpanText.Micros(start),
            SpanText.Micros(end),
            SpanText.Micros(end) - SpanText.Micros(start),
            roots.Count == 0 ? failed > 0 ? 1 : 0 : roots.Exists(r => group.Facts[r.Span].IsFailed) ? 1 : 0,
            all.Count,
            failed,
            all.Select(n => group.IdentityOf(group.Batch.Spans[n.Span])).Select(static i => (i.Group, i.Service)).Distinct().Count(),
            tree.Orphans,
            roots.Count == 1 && tree.Orphans == 0 && !isTruncated && now - stored.LastReceivedAt >= s_quiet,
            isTruncated,
            [.. Warnings(roots.Count, tree)],
            built);
    }

    private static IEnumerable<string> Warnings(int roots, TraceTree tree)
    {
        if (roots == 0)
        {
            yield return "root span missing";
        }
        else if (roots > 1)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{roots} root spans");
        }

        if (tree.Orphans > 0)
        {
            yield return tree.Orphans == 1 ? "1 span references a missing parent" : string.Create(CultureInfo.InvariantCulture, $"{tree.Orphans} spans reference a missing parent");
        }

        if (tree.HadCycle)
        {
            yield return "spans are in each other in a circle";
        }
    }

    // Children first, without recursion: a trace may be as deep as it is long.
    private sealed class Builder(SpanGroup group)
    {
        public List<Node> Build(TraceTree tree)
        {
            var ordered = tree.InOrder().Take(MostSpans).ToList();
            var (names, parents, counts, children) = (new string[ordered.Count], new int[ordered.Count], new int[ordered.Count], new List<Node>?[ordered.Count]);
            var path = new List<int>();
            var tops = 0;
            for (var i = 0; i < ordered.Count; i++)
            {
                var depth = ordered[i].Depth;
                path.RemoveRange(depth, path.Count - depth);
                path.Add(i);

                // What is too deep is in the deepest that there may be.
                var parent = parents[i] = depth == 0 ? -1 : path[Math.Min(depth, MostDepth) - 1];
                names[i] = parent < 0 ? (++tops).ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{names[parent]}-{++counts[parent]}");
            }

            var roots = new List<Node>();
            for (var i = ordered.Count - 1; i >= 0; i--)
            {
                children[i]?.Reverse();
                var into = parents[i] < 0 ? roots : children[parents[i]] ??= new(counts[parents[i]]);
                into.Add(NodeOf(ordered[i].Node, names[i], ordered[i].Depth, children[i] ?? (IReadOnlyList<Node>)[]));
            }

            roots.Reverse();
            return roots;
        }

        private Node NodeOf(TraceTree.Node node, string eventId, int depth, IReadOnlyList<Node> children)
        {
            var (batch, span, facts) = (group.Batch, group.Batch.Spans[node.Span], group.Facts[node.Span]);
            var identity = group.IdentityOf(span);
            var known = new KnownAttributes(batch, span.Attributes, stackalloc short[KnownKeys.Count]);
            var category = SpanTypes.CategoryOf(facts.Type);
            var transaction = batch.TextOf(facts.Transaction);
            return new(
                SpanIds.Of(span.SpanId),
                span.ParentId == 0 ? null : SpanIds.Of(span.ParentId),
                eventId,
                depth,
                node.IsOrphan,
                batch.TextOf(span.Name),
                SpanText.Of(span.Kind),
                SpanTypes.NameOf(facts.Type),
                identity.Group,
                identity.Service,
                identity.Instance,
                identity.Cluster,
                identity.Namespace,
                transaction.Length == 0 ? null : transaction,
                SpanText.Micros(span.Start),
                SpanText.Micros(span.Start) + SpanText.Duration(span),
                SpanText.Duration(span),
                SelfTime(node),
                facts.IsFailed ? 1 : 0,
                SpanReader.ResultCodeOf(known),
                batch.TextOf(span.StatusMessage),
                SearchTraces.AddressOf(facts.Address),
                PeerOf(span.Kind, category, known),
                SpanArgument.Of(category, known),
                new(batch, span.Attributes),
                new(batch, batch.Resources[batch.Scopes[span.Scope].Resource].Attributes),
                span.Events.Count == 0 ? [] : EventsOf(span),
                span.Links.Count == 0 ? [] : [.. Enumerable.Range(span.Links.First, span.Links.Count).Select(i => batch.Links[i]).Select(l => new Link(SpanIds.Of(l.TraceId), SpanIds.Of(l.SpanId), new(batch, l.Attributes)))],
                node.Warnings.Count == 0 && span.Warnings is SpanWarnings.None && depth <= MostDepth ? [] : WarningsOf(node, span, depth),
                children);
        }

        private List<Event> EventsOf(in SpanData span)
        {
            var batch = group.Batch;
            return [.. Enumerable.Range(span.Events.First, span.Events.Count).Select(i => batch.Events[i]).OrderBy(static e => e.Time).Select(e => new Event(SpanText.Micros(e.Time), batch.TextOf(e.Name), new(batch, e.Attributes)))];
        }

        private static List<string> WarningsOf(TraceTree.Node node, in SpanData span, int depth)
        {
            List<string> warnings = [.. node.Warnings, .. SpanRepairs.Describe(span.Warnings)];
            if (depth > MostDepth)
            {
                warnings.Add(string.Create(CultureInfo.InvariantCulture, $"it is {depth} deep and shown at {MostDepth}"));
            }

            return warnings;
        }

        private static Peer? PeerOf(SpanKind kind, SpanCategory category, in KnownAttributes known)
        {
            var name = kind is SpanKind.Client or SpanKind.Producer ? SpanReader.RemoteNameOf(known) : known.First(KnownKey.ServicePeerName, KnownKey.PeerService);
            var address = known.First(KnownKey.NetworkPeerAddress, KnownKey.SocketPeerAddress, KnownKey.PeerIp);
            return name.Length == 0 && address.Length == 0 ? null
                : new(name, address, (int)Math.Clamp(known.Number(KnownKey.NetworkPeerPort) ?? known.Number(KnownKey.SocketPeerPort) ?? known.Number(KnownKey.PeerPort) ?? known.Number(KnownKey.ServerPort) ?? 0, 0, ushort.MaxValue), SpanTypes.PeerOf(category));
        }

        // The time that no child takes.
        private long SelfTime(TraceTree.Node node)
        {
            var span = group.Batch.Spans[node.Span];
            var (taken, at) = (0UL, span.Start);
            foreach (var child in node.Children)
            {
                var inner = group.Batch.Spans[child.Span];
                var (from, until) = (Math.Max(inner.Start, at), Math.Min(inner.End, span.End));
                if (until > from)
                {
                    taken += until - from;
                    at = until;
                }
            }

            return Math.Max(0, SpanText.Duration(span) - (long)(taken / 1000));
        }
    }
}
