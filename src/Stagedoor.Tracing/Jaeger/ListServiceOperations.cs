using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Jaeger;

/// <summary><c>GET /api/services/{service}/operations</c>. Grafana writes a service <c>a/b</c> as two segments, Jaeger's own page as one.</summary>
internal static class ListServiceOperations
{
    private const string Before = "/api/services/";
    private const string After = "/operations";

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/api/services/{{**service}}", HandleAsync)
                .WithName($"JaegerListServiceOperations{name}")
                .WithSummary("List the names of a service's spans")
                .PathParameter("service", "The service, in one segment or several, and /operations.")
                .AnswersContent(200, "application/json", "The names, in Jaeger's envelope.")
                .AnswersContent(404, "application/json", "The path does not end with /operations.");
        }
    }

    private static Task<IResult> HandleAsync(HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        JaegerAnswer.Refuse,
        async scope =>
        {
            var path = RawTarget.PathOf(context);
            path = path[(path.IndexOf(Before, StringComparison.Ordinal) + Before.Length)..];
            if (!path.EndsWith(After, StringComparison.Ordinal) || path.Length == After.Length)
            {
                throw new ReadException(StatusCodes.Status404NotFound, "there is no such page: /api/services/SERVICE/operations");
            }

            var service = Lower.Of(Uri.UnescapeDataString(path[..^After.Length]));
            var operations = await store.OperationsAsync(scope.Project, service, scope.Cancellation);
            return JaegerAnswer.Of(
                [.. operations.Select(static o => o.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)], static (json, name) => json.WriteStringValue(name), isCounted: true);
        },
        isLight: true);
}
