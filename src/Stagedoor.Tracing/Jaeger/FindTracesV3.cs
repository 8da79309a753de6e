using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Jaeger;

/// <summary><c>GET /api/v3/traces</c>: traces with a span that is all that is asked for, as OTLP's JSON.</summary>
internal static class FindTracesV3
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            var route = routes.MapGet($"{path}/api/v3/traces", HandleAsync)
                .WithName($"JaegerFindTracesV3{name}")
                .WithSummary("Search traces")
                .AnswersContent(200, "application/json", "An object with OTLP's JSON of all traces in result, those with the latest span first.")
                .AnswersContent(404, "application/json", "No traces found.");
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
            var buffer = new AnswerBuffer();
            using var json = new Utf8JsonWriter(buffer, OtlpJsonWriter.Options);
            json.WriteStartObject();
            json.WriteStartObject("result"u8);
            json.WriteStartArray("resourceSpans"u8);
            var isEmpty = true;
            await foreach (var (_, trace) in scope.TracesAsync(store, rows.Select(static r => r.TraceId), () => json.BytesCommitted + json.BytesPending > ReadScope.MostBytes, scope.Cancellation))
            {
                WholeTrace.Cut(scope, trace.Spans);
                OtlpJsonWriter.WriteResourceSpans(json, trace.Spans.Batch);
                isEmpty = false;
            }

            if (isEmpty)
            {
                throw new ReadException(StatusCodes.Status404NotFound, "No traces found");
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
            await json.FlushAsync(scope.Cancellation);
            return new PackedBody(buffer, "application/json");
        });
}
