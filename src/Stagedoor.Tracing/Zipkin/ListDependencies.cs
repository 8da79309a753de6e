using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Measures;
using Stagedoor.Tracing.Reading;

namespace Stagedoor.Tracing.Zipkin;

/// <summary><c>GET /api/v2/dependencies</c></summary>
internal static class ListDependencies
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/api/v2/dependencies", HandleAsync)
                .WithName($"ZipkinListDependencies{name}")
                .WithSummary("Show which services call which")
                .QueryParameter("endTs", "Milliseconds since the Unix epoch.", isRequired: true)
                .QueryParameter("lookback", "How many milliseconds before; a day when it is not said.")
                .AnswersContent(200, "application/json", "A list of who calls whom how often.");
        }
    }

    private static Task<IResult> HandleAsync(HttpContext context, TraceReads reads, MeasureStore measures, MeasureWriter writer) => reads.AnswerAsync(
        context,
        ZipkinAnswer.Refuse,
        async scope =>
        {
            var query = new ReadQuery(context, ZipkinAnswer.Malformed);
            var end = query.Positive("endTs") ?? throw query.Malformed("endTs", "it is required");
            var calls = await ServiceCalls.FindAsync(measures, writer, scope, end, query.Positive("lookback") ?? ServiceCalls.DefaultLookback, isVirtualToo: false);
            return ZipkinAnswer.Of(json =>
            {
                json.WriteStartArray();
                foreach (var call in calls)
                {
                    call.Write(json, hasErrors: true);
                }

                json.WriteEndArray();
            });
        });
}
