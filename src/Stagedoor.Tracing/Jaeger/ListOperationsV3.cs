using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Jaeger;

/// <summary><c>GET /api/v3/operations</c></summary>
internal static class ListOperationsV3
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/api/v3/operations", HandleAsync)
                .WithName($"JaegerListOperationsV3{name}")
                .WithSummary("List the names and kinds of a service's spans")
                .QueryParameter("service", "The service; all of them when it is not said.")
                .QueryParameter("spanKind", "server, client, producer, consumer or internal.")
                .QueryParameter("span_kind", "spanKind in another spelling.")
                .AnswersContent(200, "application/json", "An object with names and kinds in operations.");
        }
    }

    private static Task<IResult> HandleAsync(HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        JaegerV3.Refuse,
        async scope =>
        {
            var query = new ReadQuery(context, JaegerV3.Malformed);
            var kind = query.Text("spanKind", "span_kind") is not { } asked ? (SpanKind?)null
                : SpanKinds.Read(asked.Value) ?? throw query.Malformed(asked.Name, $"unsupported span kind: '{asked.Value}'");
            var operations = await ListOperations.FindAsync(store, scope, query.Text("service"), kind);
            return JaegerV3.Of(json =>
            {
                json.WriteStartArray("operations"u8);
                foreach (var operation in operations)
                {
                    ListOperations.Write(json, operation);
                }

                json.WriteEndArray();
            });
        },
        isLight: true);
}
