using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Jaeger;

/// <summary><c>GET /api/v3/traces/{trace_id}</c>: a trace as OTLP's JSON.</summary>
internal static class GetTraceV3
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/api/v3/traces/{{trace_id}}", HandleAsync)
                .WithName($"JaegerGetTraceV3{name}")
                .WithSummary("Get a trace")
                .PathParameter("trace_id", "Up to 32 hexadecimal digits, or base64.")
                .QueryParameter("startTime", "RFC 3339. Taken and not used: a trace is found whenever it was.")
                .QueryParameter("endTime", "The same.")
                .QueryParameter("start_time", "startTime in another spelling.")
                .QueryParameter("end_time", "endTime in another spelling.")
                .QueryParameter("raw_traces", "rawTraces in another spelling.")
                .QueryParameter("rawTraces", "Taken; traces are always as they were sent.")
                .AnswersContent(200, "application/json", "An object with OTLP's JSON in result.")
                .AnswersContent(404, "application/json", "There is no such trace.");
        }
    }

    private static Task<IResult> HandleAsync(string trace_id, HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        JaegerV3.Refuse,
        async scope =>
        {
            var query = new ReadQuery(context, JaegerV3.Malformed);
            _ = query.Time("startTime", "start_time");
            _ = query.Time("endTime", "end_time");
            _ = query.Flag("rawTraces") || query.Flag("raw_traces");
            var traceId = TraceIdText.Read(Uri.UnescapeDataString(trace_id)) ?? throw query.Malformed("trace_id", $"'{trace_id}' is neither hexadecimal digits nor base64 of an id");
            var trace = await WholeTrace.GetAsync(store, scope, traceId);
            return JaegerV3.Of(json =>
            {
                json.WriteStartObject("result"u8);
                json.WriteStartArray("resourceSpans"u8);
                OtlpJsonWriter.WriteResourceSpans(json, trace.Batch);
                json.WriteEndArray();
                json.WriteEndObject();
            });
        });
}
