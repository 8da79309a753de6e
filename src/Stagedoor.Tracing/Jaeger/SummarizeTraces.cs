using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Queries;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Jaeger;

/// <summary><c>GET /api/v3/trace-summaries</c>, of which Jaeger's search page is made.</summary>
internal static class SummarizeTraces
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            var route = routes.MapGet($"{path}/api/v3/trace-summaries", HandleAsync)
                .WithName($"JaegerSummarizeTraces{name}")
                .WithSummary("Search traces and sum them up")
                .AnswersContent(200, "application/json", "An object with summaries, those of traces with the latest span first; it may be empty.");
            foreach (var (parameter, description) in JaegerV3.SearchParameters)
            {
                route.QueryParameter(parameter, description);
            }
        }
    }

    private static Task<IResult> HandleAsync(HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        JaegerV3.Refuse,
        async scope =>
        {
            var rows = await scope.SearchAsync(store, JaegerV3.SearchOf(new(context, JaegerV3.Malformed), scope));
            var summaries = new List<Summary>();
            await foreach (var (id, trace) in scope.TracesAsync(store, rows.Select(static r => r.TraceId), static () => false, scope.Cancellation))
            {
                summaries.Add(Summary.Of(id, trace.Spans));
            }

            return JaegerV3.Of(json =>
            {
                json.WriteStartArray("summaries"u8);
                summaries.ForEach(summary => summary.Write(json));
                json.WriteEndArray();
            });
        });

    /// <summary>A trace in a line.</summary>
    private sealed record Summary(
        UInt128 TraceId, string RootService, string RootOperation, ulong Start, ulong End, int Spans, int Errors, int Orphans, IReadOnlyList<(string Name, int Spans, int Errors)> Services)
    {
        public static Summary Of(UInt128 traceId, SpanGroup group)
        {
            var tree = TraceTree.Of(group, joinsHalves: false);
            var spans = tree.InOrder().Select(n => (Data: group.Batch.Spans[n.Node.Span], group.Facts[n.Node.Span].IsFailed)).ToList();
            var root = tree.Roots.FirstOrDefault(static r => !r.IsOrphan);
            return new(
                traceId,
                root is null ? "" : group.IdentityOf(group.Batch.Spans[root.Span]).Service,
                root is null ? "" : group.Batch.TextOf(group.Batch.Spans[root.Span].Name),
                spans.Min(static s => s.Data.Start),
                spans.Max(static s => s.Data.End),
                spans.Count,
                spans.Count(static s => s.IsFailed),
                tree.Orphans,
                [.. spans.GroupBy(s => group.IdentityOf(s.Data).Service, StringComparer.Ordinal).Select(static g => (g.Key, g.Count(), g.Count(static s => s.IsFailed))).OrderBy(static s => s.Key, StringComparer.Ordinal)]);
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
    }
}
