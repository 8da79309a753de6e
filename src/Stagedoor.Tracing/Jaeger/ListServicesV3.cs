using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Jaeger;

/// <summary><c>GET /api/v3/services</c></summary>
internal static class ListServicesV3
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/api/v3/services", HandleAsync)
                .WithName($"JaegerListServicesV3{name}")
                .WithSummary("List the services that sent spans")
                .AnswersContent(200, "application/json", "An object with their names in services.");
        }
    }

    private static Task<IResult> HandleAsync(HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        JaegerV3.Refuse,
        async scope =>
        {
            var services = await store.ServicesAsync(scope.Project, scope.Cancellation);
            return JaegerV3.Of(json =>
            {
                json.WriteStartArray("services"u8);
                foreach (var service in services)
                {
                    json.WriteStringValue(service);
                }

                json.WriteEndArray();
            });
        },
        isLight: true);
}
