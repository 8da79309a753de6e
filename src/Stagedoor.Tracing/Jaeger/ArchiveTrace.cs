using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Jaeger;

/// <summary><c>POST /api/archive/{id}</c>, by which Jaeger's page keeps a trace for ever. The store of spans drops whole days, and keeps none of them back yet.</summary>
internal static class ArchiveTrace
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapPost($"{path}/api/archive/{{id}}", HandleAsync)
                .WithName($"JaegerArchiveTrace{name}")
                .WithSummary("Keep a trace for ever, where the store can")
                .PathParameter("id", "Up to 32 hexadecimal digits, or base64.")
                .AnswersContent(200, "application/json", "It is kept.")
                .AnswersContent(404, "application/json", "There is no such trace.")
                .AnswersContent(501, "application/json", "The store keeps traces as long as Tracing:RetentionDays says, and no longer.");
        }
    }

    private static Task<IResult> HandleAsync(string id, HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        JaegerAnswer.Refuse,
        async scope =>
        {
            var traceId = TraceIdText.Read(Uri.UnescapeDataString(id))
                ?? throw new ReadException(StatusCodes.Status400BadRequest, JaegerAnswer.Malformed("traceID", $"'{id}' is neither hexadecimal digits nor base64 of an id"));
            throw await store.FindTraceAsync(scope.Project, traceId, scope.Cancellation) is null
                ? new ReadException(StatusCodes.Status404NotFound, "trace not found")
                : new ReadException(StatusCodes.Status501NotImplemented, "traces cannot be kept beyond Tracing:RetentionDays");
        });
}
