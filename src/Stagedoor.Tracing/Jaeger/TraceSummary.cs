using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Stagedoor.Tracing.Queries;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Jaeger;

/// <summary>A trace in a line, of its outline: what <see cref="TraceTree"/> would say of it, without making one.</summary>
internal sealed record TraceSummary(
    UInt128 TraceId, string RootService, string RootOperation, ulong Start, ulong End, int Spans, int Errors, int Orphans, IReadOnlyList<(string Name, int Spans, int Errors)> Services)
{
    public static TraceSummary Of(UInt128 traceId, SpanGroup group)
    {
        var spans = CollectionsMarshal.AsSpan(group.Batch.Spans);
        var halves = HalvesOf(spans);
        var nodes = new List<int>(halves.Count);
        var parents = new int[spans.Length];
        foreach (var (caller, server) in halves.Values)
        {
            foreach (var node in (ReadOnlySpan<int>)[caller, server])
            {
                if (node > 0)
                {
                    nodes.Add(node - 1);
                    parents[node - 1] = ParentOf(group, spans, halves, node - 1) + 1;
                }
            }
        }

        var (root, orphans) = TopsOf(group, spans, nodes, parents);
        var (start, end, errors) = (ulong.MaxValue, 0UL, 0);
        var services = new SortedDictionary<string, (int Spans, int Errors)>(StringComparer.Ordinal);
        foreach (var ofResource in nodes.GroupBy(n => group.Batch.Scopes[group.Batch.Spans[n].Scope].Resource))
        {
            var (count, failed) = (0, 0);
            foreach (var node in ofResource)
            {
                count++;
                failed += group.Facts[node].IsFailed ? 1 : 0;
                start = Math.Min(start, spans[node].Start);
                end = Math.Max(end, spans[node].End);
            }

            errors += failed;
            var service = group.Identities[ofResource.Key].Service;
            var known = services.GetValueOrDefault(service);
            services[service] = (known.Spans + count, known.Errors + failed);
        }

        return new(
            traceId,
            root < 0 ? "" : group.IdentityOf(in spans[root]).Service,
            root < 0 ? "" : group.Batch.TextOf(spans[root].Name),
            start,
            end,
            nodes.Count,
            errors,
            orphans,
            [.. services.Select(static s => (s.Key, s.Value.Spans, s.Value.Errors))]);
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("traceId"u8, TraceId.ToString("x32", CultureInfo.InvariantCulture));
        json.WriteString("rootServiceName"u8, RootService);
        json.WriteString("rootOperationName"u8, RootOperation);
        json.WriteString("minStartTimeUnixNano"u8, Start.ToString(CultureInfo.InvariantCulture));
        json.WriteString("maxEndTimeUnixNano"u8, End.ToString(CultureInfo.InvariantCulture));
        json.WriteNumber("spanCount"u8, Spans);
        json.WriteNumber("errorSpanCount"u8, Errors);
        json.WriteNumber("orphanSpanCount"u8, Orphans);
        json.WriteStartArray("services"u8);
        foreach (var (name, spans, errors) in Services)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, name);
            json.WriteNumber("spanCount"u8, spans);
            json.WriteNumber("errorSpanCount"u8, errors);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    // Of each id the caller's and the server's span that ended last, counted from 1; 0 for none.
    private static Dictionary<ulong, (int Caller, int Server)> HalvesOf(ReadOnlySpan<SpanData> spans)
    {
        var halves = new Dictionary<ulong, (int Caller, int Server)>(spans.Length);
        for (var i = 0; i < spans.Length; i++)
        {
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(halves, spans[i].SpanId, out _);
            ref var half = ref spans[i].Kind is SpanKind.Server or SpanKind.Consumer ? ref known.Server : ref known.Caller;
            half = half == 0 || spans[i].End > spans[half - 1].End ? i + 1 : half;
        }

        return halves;
    }

    // -1 for none.
    private static int ParentOf(SpanGroup group, ReadOnlySpan<SpanData> spans, Dictionary<ulong, (int Caller, int Server)> halves, int node)
    {
        var own = halves[spans[node].SpanId];
        if (own.Server == node + 1 && own.Caller != 0)
        {
            return own.Caller - 1;
        }

        return spans[node].ParentId == 0 || !halves.TryGetValue(spans[node].ParentId, out var parent) ? -1
            : parent.Caller == 0 || (parent.Server != 0 && group.IdentityOf(in spans[parent.Server - 1]) == group.IdentityOf(in spans[node])) ? parent.Server - 1 : parent.Caller - 1;
    }

    private static (int Root, int Orphans) TopsOf(SpanGroup group, ReadOnlySpan<SpanData> spans, List<int> nodes, int[] parents)
    {
        var (root, orphans) = (-1, 0);
        foreach (var node in nodes)
        {
            if (parents[node] == 0)
            {
                orphans += spans[node].ParentId != 0 ? 1 : 0;
                if (spans[node].ParentId == 0 && (root < 0 || (spans[node].Start, spans[node].SpanId).CompareTo((spans[root].Start, spans[root].SpanId)) < 0))
                {
                    root = node;
                }
            }
        }

        if (!HasCycle(nodes, parents))
        {
            return (root, orphans);
        }

        // Where one is cut takes the tree.
        var tree = TraceTree.Of(group, joinsHalves: false);
        return (tree.Roots.FirstOrDefault(static r => !r.IsOrphan)?.Span ?? -1, tree.Orphans);
    }

    private static bool HasCycle(List<int> nodes, int[] parents)
    {
        // By which walk up each was reached.
        var walks = new int[parents.Length];
        for (var i = 0; i < nodes.Count; i++)
        {
            for (var node = nodes[i]; ; node = parents[node] - 1)
            {
                if (walks[node] == i + 1)
                {
                    return true;
                }

                if (walks[node] != 0)
                {
                    break;
                }

                walks[node] = i + 1;
                if (parents[node] == 0)
                {
                    break;
                }
            }
        }

        return false;
    }
}
