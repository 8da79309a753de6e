using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Zipkin;

/// <summary><c>GET /api/v2/trace/{id}</c></summary>
internal static class GetTrace
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/api/v2/trace/{{id}}", HandleAsync)
                .WithName($"ZipkinGetTrace{name}")
                .WithSummary("Get a trace")
                .PathParameter("id", "Up to 32 hexadecimal digits.")
                .AnswersContent(200, "application/json", "A list of spans.")
                .AnswersContent(404, "text/plain", "There is no such trace.");
        }
    }

    /// <summary>Writes the spans of a trace as a list, not more than an answer bears.</summary>
    public static void Write(Utf8JsonWriter json, ReadScope scope, SpanGroup group)
    {
        var order = SpanOrder.Of(group);
        if (order.Warnings is [var warning])
        {
            scope.Cut(warning);
        }

        json.WriteStartArray();
        var began = json.BytesCommitted + json.BytesPending;
        var writer = new ZipkinJsonWriter(json, group.Batch);
        for (var i = 0; i < order.Nodes.Count; i++)
        {
            if (json.BytesCommitted + json.BytesPending - began > ReadScope.MostTraceBytes)
            {
                scope.Cut(string.Create(CultureInfo.InvariantCulture, $"a trace was cut after {i} spans: it is too long for an answer"));
                break;
            }

            writer.WriteSpan(group.Batch.Spans[order.Nodes[i].Span]);
        }

        json.WriteEndArray();
    }

    private static Task<IResult> HandleAsync(string id, HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        ZipkinAnswer.Refuse,
        async scope =>
        {
            var traceId = ZipkinAnswer.TraceIdOf(id);
            return await store.FindTraceAsync(scope.Project, traceId, scope.Cancellation) is { } trace
                ? ZipkinAnswer.Of(json => Write(json, scope, trace.Spans))
                : throw new ReadException(StatusCodes.Status404NotFound, $"{id} not found");
        });
}
