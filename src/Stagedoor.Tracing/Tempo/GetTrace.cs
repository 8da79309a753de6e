using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Tempo;

/// <summary>
/// <c>GET /tempo/api/traces/{id}</c> and <c>/tempo/api/v2/traces/{id}</c>: a trace as Tempo answers it, as protobuf to those who ask for that, as Grafana does, else as JSON.
/// Jaeger has the same path without the beginning.
/// </summary>
internal static class GetTrace
{
    private const string Protobuf = "application/protobuf";
    private const string Json = "application/json";

    // TraceByIDResponse: trace = 1, status = 3 (PARTIAL = 1), message = 4.
    private const int TraceField = 1;
    private const int StatusField = 3;
    private const int MessageField = 4;

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            Describe(routes.MapGet($"{path}/tempo/api/traces/{{id}}", HandleV1Async)).WithName($"TempoGetTrace{name}");
            Describe(routes.MapGet($"{path}/tempo/api/v2/traces/{{id}}", HandleV2Async)).WithName($"TempoGetTraceV2{name}");
        }
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route
        .WithSummary("Get a trace")
        .PathParameter("id", "Up to 32 hexadecimal digits.")
        .QueryParameter("start", "Taken and not used: a trace is found whenever it was.")
        .QueryParameter("end", "The same.")
        .AnswersContent(200, Json, "The trace.")
        .AnswersContent(200, Protobuf, "The same, to those who ask for it.")
        .AnswersContent(404, "text/plain", "There is no such trace.");

    private static Task<IResult> HandleV1Async(string id, HttpContext context, TraceReads reads, ITraceStore store) => AnswerAsync(context, reads, store, id, isEnveloped: false);

    private static Task<IResult> HandleV2Async(string id, HttpContext context, TraceReads reads, ITraceStore store) => AnswerAsync(context, reads, store, id, isEnveloped: true);

    private static Task<IResult> AnswerAsync(HttpContext context, TraceReads reads, ITraceStore store, string id, bool isEnveloped) => reads.AnswerAsync(
        context,
        TempoAnswer.Refuse,
        async scope =>
        {
            var traceId = TraceIdText.ReadHex(id) ?? throw new ReadException(StatusCodes.Status400BadRequest, $"invalid trace id '{id}': 1 to 32 hexadecimal digits, not all of them 0");
            var trace = await WholeTrace.GetAsync(store, scope, traceId);
            return TakesProtobuf(context.Request) ? new PackedBody(InProtobuf(scope, trace, isEnveloped), Protobuf) : new PackedBody(InJson(scope, trace, isEnveloped), Json);
        });

    private static bool TakesProtobuf(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted) && accepted.Any(static a => a.MediaType.Equals(Protobuf, StringComparison.OrdinalIgnoreCase));

    private static ReadOnlyMemory<byte> InProtobuf(ReadScope scope, SpanGroup trace, bool isEnveloped)
    {
        var spans = OtlpProtobufWriter.Write(trace.Batch);
        if (!isEnveloped)
        {
            return spans;
        }

        var response = new ProtobufWriter();
        response.Blob(TraceField, spans);
        if (scope.Partial is { } partial)
        {
            response.Number(StatusField, 1);
            response.Blob(MessageField, System.Text.Encoding.UTF8.GetBytes(partial));
        }

        return response.Bytes.ToArray();
    }

    private static AnswerBuffer InJson(ReadScope scope, SpanGroup trace, bool isEnveloped)
    {
        var buffer = new AnswerBuffer();
        using (var json = new Utf8JsonWriter(buffer, OtlpJsonWriter.Options))
        {
            json.WriteStartObject();
            if (isEnveloped)
            {
                json.WriteStartObject("trace"u8);
            }

            json.WriteStartArray(isEnveloped ? "resourceSpans"u8 : "batches"u8);
            OtlpJsonWriter.WriteResourceSpans(json, trace.Batch);
            json.WriteEndArray();
            if (isEnveloped)
            {
                json.WriteEndObject();
                if (scope.Partial is { } partial)
                {
                    json.WriteString("status"u8, "PARTIAL"u8);
                    json.WriteString("message"u8, partial);
                }
            }

            json.WriteEndObject();
        }

        return buffer;
    }
}
