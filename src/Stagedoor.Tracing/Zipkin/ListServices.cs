using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Zipkin;

/// <summary><c>GET /api/v2/services</c>, by which Grafana also asks whether it is there.</summary>
internal static class ListServices
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/api/v2/services", HandleAsync)
                .WithName($"ZipkinListServices{name}")
                .WithSummary("List the services that sent spans")
                .AnswersContent(200, "application/json", "A list of their names.");
        }
    }

    private static Task<IResult> HandleAsync(HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        ZipkinAnswer.Refuse,
        async scope =>
        {
            var services = await store.ServicesAsync(scope.Project, scope.Cancellation);
            return ZipkinAnswer.Names(services, services.Count);
        },
        isLight: true);
}
