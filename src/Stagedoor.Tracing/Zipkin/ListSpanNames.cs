using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Zipkin;

/// <summary><c>GET /api/v2/spans</c></summary>
internal static class ListSpanNames
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/api/v2/spans", HandleAsync)
                .WithName($"ZipkinListSpanNames{name}")
                .WithSummary("List the names of a service's spans")
                .QueryParameter("serviceName", "The service.", isRequired: true)
                .AnswersContent(200, "application/json", "A list of names.");
        }
    }

    private static Task<IResult> HandleAsync(HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        ZipkinAnswer.Refuse,
        async scope =>
        {
            var query = new ReadQuery(context, ZipkinAnswer.Malformed);
            var service = Lower.Of(query.Text("serviceName") ?? throw query.Malformed("serviceName", "it is required"));
            var services = await store.ServicesAsync(scope.Project, scope.Cancellation);
            return ZipkinAnswer.Names((await store.OperationsAsync(scope.Project, service, scope.Cancellation)).Select(static o => o.Name), services.Count);
        },
        isLight: true);
}
