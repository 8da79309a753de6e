using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Jaeger;

/// <summary><c>GET /api/services</c>, by which Grafana also asks whether it is there.</summary>
internal static class ListServices
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/api/services", HandleAsync)
                .WithName($"JaegerListServices{name}")
                .WithSummary("List the services that sent spans")
                .AnswersContent(200, "application/json", "Their names, in Jaeger's envelope.");
        }
    }

    private static Task<IResult> HandleAsync(HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        JaegerAnswer.Refuse,
        async scope => JaegerAnswer.Of(await store.ServicesAsync(scope.Project, scope.Cancellation), static (json, name) => json.WriteStringValue(name), isCounted: true),
        isLight: true);
}
