using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Measures;
using Stagedoor.Tracing.Reading;

namespace Stagedoor.Tracing.Jaeger;

/// <summary><c>GET /api/v3/dependencies</c></summary>
internal static class ListDependenciesV3
{
    private const ulong Millisecond = 1_000_000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/api/v3/dependencies", HandleAsync)
                .WithName($"JaegerListDependenciesV3{name}")
                .WithSummary("Show which services call which")
                .QueryParameter("startTime", "RFC 3339; needed.")
                .QueryParameter("endTime", "RFC 3339; needed.")
                .QueryParameter("start_time", "startTime in another spelling.")
                .QueryParameter("end_time", "endTime in another spelling.")
                .AnswersContent(200, "application/json", "An object with dependencies: who calls whom how often.");
        }
    }

    private static Task<IResult> HandleAsync(HttpContext context, TraceReads reads, MeasureStore measures, MeasureWriter writer) => reads.AnswerAsync(
        context,
        JaegerV3.Refuse,
        async scope =>
        {
            var query = new ReadQuery(context, JaegerV3.Malformed);
            var start = query.Time("startTime", "start_time") ?? throw query.Malformed("startTime", "it is required");
            var end = query.Time("endTime", "end_time") ?? throw query.Malformed("endTime", "it is required");
            if (start >= end)
            {
                throw query.Malformed("startTime", "it must be before endTime");
            }

            var calls = await ServiceCalls.FindAsync(measures, writer, scope, (long)(end / Millisecond), (long)((end - start) / Millisecond), isVirtualToo: false);
            return JaegerV3.Of(json =>
            {
                json.WriteStartArray("dependencies"u8);
                foreach (var call in calls)
                {
                    call.Write(json, isText: true);
                }

                json.WriteEndArray();
            });
        });
}
