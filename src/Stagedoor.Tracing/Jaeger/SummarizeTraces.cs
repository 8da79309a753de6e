using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
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
            var summaries = new List<TraceSummary>();
            await foreach (var (id, trace) in scope.OutlinesAsync(store, rows.Select(static r => r.TraceId), scope.Cancellation))
            {
                summaries.Add(TraceSummary.Of(id, trace.Spans));
            }

            return JaegerV3.Of(json =>
            {
                json.WriteStartArray("summaries"u8);
                summaries.ForEach(summary => summary.Write(json));
                json.WriteEndArray();
            });
        });
}
