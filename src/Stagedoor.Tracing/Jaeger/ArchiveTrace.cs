using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Jaeger;

/// <summary><c>POST /api/archive/{id}</c>, by which Jaeger's page keeps a trace for ever. Whoever may only read by the gateway's roles may not.</summary>
internal static class ArchiveTrace
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapPost($"{path}/api/archive/{{id}}", HandleAsync)
                .WithName($"JaegerArchiveTrace{name}")
                .WithSummary("Keep a trace for ever")
                .PathParameter("id", "Up to 32 hexadecimal digits, or base64.")
                .AnswersContent(200, "application/json", "It is kept.")
                .AnswersContent(404, "application/json", "There is no such trace.")
                .AnswersContent(409, "application/json", "The project keeps as many traces as Tracing:MaxPinnedTraces says.");
        }
    }

    private static Task<IResult> HandleAsync(string id, HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        JaegerAnswer.Refuse,
        async scope =>
        {
            var traceId = ReadManaged(id, context);
            return await store.PinAsync(scope.Project, traceId, scope.Cancellation) switch
            {
                PinOutcome.Pinned => JaegerAnswer.Of<string>([], static (json, text) => json.WriteStringValue(text), isCounted: false),
                PinOutcome.Absent => throw new ReadException(StatusCodes.Status404NotFound, "trace not found"),
                _ => throw new ReadException(StatusCodes.Status409Conflict, "the project keeps as many traces already as Tracing:MaxPinnedTraces says; let one go with DELETE /api/archive/{id}"),
            };
        });

    /// <summary>Which trace shall be kept, or let go again, by who may say so.</summary>
    /// <exception cref="ReadException">It is no id, or the caller may only read.</exception>
    internal static UInt128 ReadManaged(string id, HttpContext context)
    {
        var traceId = TraceIdText.Read(Uri.UnescapeDataString(id))
            ?? throw new ReadException(StatusCodes.Status400BadRequest, JaegerAnswer.Malformed("traceID", $"'{id}' is neither hexadecimal digits nor base64 of an id"));
        return context.RequestServices.GetRequiredService<CallerSlot>().Caller is { IsAccountRoot: false } caller && !TracingModule.Actions.IsAdministeredBy(caller.Roles)
            ? throw new ReadException(StatusCodes.Status403Forbidden, $"keeping a trace, and letting it go, need the role {TracingModule.Administrator} or {RoleNames.TenantAdministrator} in the project")
            : traceId;
    }
}
