using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Measures;
using Stagedoor.Tracing.Reading;

namespace Stagedoor.Tracing.Jaeger;

/// <summary><c>GET /api/dependencies</c>: which services call which, from what is counted as spans come.</summary>
internal static class ListDependencies
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/api/dependencies", HandleAsync)
                .WithName($"JaegerListDependencies{name}")
                .WithSummary("Show which services call which")
                .QueryParameter("endTs", "Milliseconds since the Unix epoch; now when it is not said.")
                .QueryParameter("lookback", "How many milliseconds before; a day when it is not said.")
                .QueryParameter("service", "What this one calls or is called by.")
                .QueryParameter("virtual", "true for databases, brokers, users and what is outside too.")
                .AnswersContent(200, "application/json", "Who calls whom how often, in Jaeger's envelope.");
        }
    }

    private static Task<IResult> HandleAsync(HttpContext context, TraceReads reads, MeasureStore measures, MeasureWriter writer) => reads.AnswerAsync(
        context,
        JaegerAnswer.Refuse,
        async scope =>
        {
            var query = new ReadQuery(context, JaegerAnswer.Malformed);
            var (end, lookback) = (query.Number("endTs") ?? scope.Now.ToUnixTimeMilliseconds(), query.Positive("lookback") ?? ServiceCalls.DefaultLookback);
            var service = query.Text("service") is { } name ? Lower.Of(name) : null;
            var calls = await ServiceCalls.FindAsync(measures, writer, scope, end, lookback, query.Flag("virtual"));
            return JaegerAnswer.Of(
                [.. calls.Where(c => service is null || string.Equals(c.Parent, service, StringComparison.Ordinal) || string.Equals(c.Child, service, StringComparison.Ordinal))],
                static (json, call) => call.Write(json),
                isCounted: false);
        });
}
