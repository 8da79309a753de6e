using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Jaeger;

/// <summary><c>DELETE /api/archive/{id}</c>, which Jaeger lacks: a trace that was kept for ever goes with its day again, at once where that is gone.</summary>
internal static class ReleaseTrace
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapDelete($"{path}/api/archive/{{id}}", HandleAsync)
                .WithName($"JaegerReleaseTrace{name}")
                .WithSummary("Keep a trace no longer than others")
                .PathParameter("id", "Up to 32 hexadecimal digits, or base64.")
                .AnswersContent(200, "application/json", "It is as others are.")
                .AnswersContent(404, "application/json", "It was not kept for ever.");
        }
    }

    private static Task<IResult> HandleAsync(string id, HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        JaegerAnswer.Refuse,
        async scope => await store.UnpinAsync(scope.Project, ArchiveTrace.ReadManaged(id, context), scope.Cancellation)
            ? JaegerAnswer.Of<string>([], static (json, text) => json.WriteStringValue(text), isCounted: false)
            : throw new ReadException(StatusCodes.Status404NotFound, "the trace was not kept for ever"));
}
