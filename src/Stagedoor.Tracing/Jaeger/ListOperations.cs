using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Jaeger;

/// <summary><c>GET /api/operations</c></summary>
internal static class ListOperations
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/api/operations", HandleAsync)
                .WithName($"JaegerListOperations{name}")
                .WithSummary("List the names and kinds of a service's spans")
                .QueryParameter("service", "The service.", isRequired: true)
                .QueryParameter("spanKind", "server, client, producer, consumer or internal.")
                .AnswersContent(200, "application/json", "Names and kinds, in Jaeger's envelope.");
        }
    }

    /// <summary>What spans of a service are called, and their kinds; each once, in order.</summary>
    /// <param name="store">Where spans are.</param>
    /// <param name="scope">Who asks.</param>
    /// <param name="service">The service; null for all of them.</param>
    /// <param name="kind">The kind that is asked for; null for all of them.</param>
    public static async Task<IReadOnlyList<(string Name, SpanKind Kind)>> FindAsync(ITraceStore store, ReadScope scope, string? service, SpanKind? kind) =>
        [.. (await store.OperationsAsync(scope.Project, service is null ? null : Lower.Of(service), scope.Cancellation))
            .Where(o => kind is null || o.Kind == kind).Select(static o => (o.Name, o.Kind)).Distinct()
            .OrderBy(static o => o.Name, StringComparer.Ordinal).ThenBy(static o => o.Kind)];

    /// <summary>Writes one.</summary>
    public static void Write(Utf8JsonWriter json, (string Name, SpanKind Kind) operation)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, operation.Name);
        json.WriteString("spanKind"u8, SpanKinds.NameOf(operation.Kind));
        json.WriteEndObject();
    }

    private static Task<IResult> HandleAsync(HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        JaegerAnswer.Refuse,
        async scope =>
        {
            var query = new ReadQuery(context, JaegerAnswer.Malformed);
            var service = query.Text("service") ?? throw new ReadException(StatusCodes.Status400BadRequest, "parameter 'service' is required");
            var kind = query.Text("spanKind") is not { } name ? (SpanKind?)null
                : SpanKinds.Read(name) ?? throw query.Malformed("spanKind", $"unsupported span kind: '{name}'");
            return JaegerAnswer.Of(await FindAsync(store, scope, service, kind), Write, isCounted: true);
        },
        isLight: true);
}
