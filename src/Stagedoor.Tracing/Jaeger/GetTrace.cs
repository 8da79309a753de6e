using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Jaeger;

/// <summary><c>GET /api/traces/{id}</c>. Grafana sends start and end in milliseconds, others in microseconds: they are hints, and nobody needs them here.</summary>
internal static class GetTrace
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/api/traces/{{id}}", HandleAsync)
                .WithName($"JaegerGetTrace{name}")
                .WithSummary("Get a trace")
                .PathParameter("id", "Up to 32 hexadecimal digits, or base64.")
                .QueryParameter("start", "Taken and not used: a trace is found whenever it was.")
                .QueryParameter("end", "The same.")
                .QueryParameter("raw", "true for ids of spans as they were sent.")
                .QueryParameter("prettyPrint", "true for JSON with line ends.")
                .AnswersContent(200, "application/json", "The trace, in Jaeger's envelope.")
                .AnswersContent(404, "application/json", "There is no such trace.");
        }
    }

    private static Task<IResult> HandleAsync(string id, HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        JaegerAnswer.Refuse,
        async scope =>
        {
            var query = new ReadQuery(context, JaegerAnswer.Malformed);
            var (isRaw, isPretty) = (query.Flag("raw"), query.Flag("prettyPrint"));
            var traceId = TraceIdText.Read(Uri.UnescapeDataString(id)) ?? throw query.Malformed("traceID", $"'{id}' is neither hexadecimal digits nor base64 of an id");
            if (await store.FindTraceAsync(scope.Project, traceId, scope.Cancellation) is not { } trace)
            {
                throw new ReadException(StatusCodes.Status404NotFound, "trace not found");
            }

            var buffer = new AnswerBuffer();
            using var json = JaegerAnswer.Begin(buffer, isPretty);
            JaegerTraceWriter.Write(json, traceId, trace.Spans, isRaw);
            json.WriteEndArray();
            JaegerAnswer.End(json, 0, []);
            return new PackedBody(buffer, "application/json");
        });
}
