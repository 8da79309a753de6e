using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Zipkin;

/// <summary><c>GET /api/v2/traceMany</c></summary>
internal static class GetTraces
{
    private const int Fewest = 2;
    private const int Most = 1500;

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/api/v2/traceMany", HandleAsync)
                .WithName($"ZipkinGetTraces{name}")
                .WithSummary("Get several traces")
                .QueryParameter("traceIds", "Two ids or more, each once, with commas between.", isRequired: true)
                .AnswersContent(200, "application/json", "A list of those that there are, each a list of spans.");
        }
    }

    private static Task<IResult> HandleAsync(HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        ZipkinAnswer.Refuse,
        scope =>
        {
            var query = new ReadQuery(context, ZipkinAnswer.Malformed);
            var ids = (query.Text("traceIds") ?? throw query.Malformed("traceIds", "it is required")).Split(',', StringSplitOptions.TrimEntries).Select(ZipkinAnswer.TraceIdOf).ToList();
            return ids.Count is < Fewest or > Most ? throw query.Malformed("traceIds", "2 ids or more, 1500 at most")
                : ids.Distinct().Count() < ids.Count ? throw query.Malformed("traceIds", "each id once")
                : FindTraces.WriteAsync(store, scope, ids);
        });
}
