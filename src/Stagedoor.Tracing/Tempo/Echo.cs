using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Reading;

namespace Stagedoor.Tracing.Tempo;

/// <summary><c>GET /tempo/api/echo</c>, by which Grafana asks whether it is there.</summary>
internal static class Echo
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/tempo/api/echo", HandleAsync)
                .WithName($"TempoEcho{name}")
                .WithSummary("Ask whether traces can be read")
                .AnswersContent(200, "text/plain", "echo");
        }
    }

    private static Task<IResult> HandleAsync(HttpContext context, TraceReads reads) =>
        reads.AnswerAsync(context, TempoAnswer.Refuse, static _ => Task.FromResult<IResult>(new PackedBody("echo"u8.ToArray(), "text/plain; charset=utf-8")), isLight: true);
}
