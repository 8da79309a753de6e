using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Zipkin;

/// <summary><c>GET /health</c> at Zipkin's port, for whoever watches it there.</summary>
internal static class ShowHealth
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/health", Handle)
        .WithName("ZipkinShowHealth")
        .WithSummary("Show whether the store of spans works")
        .AnswersContent(200, "application/json", "It does.")
        .ServedOnlyAt(TracingModule.Zipkin);

    // Whoever asks may be anybody: it tells nothing else.
    private static IResult Handle(ITraceStore store) => ZipkinAnswer.Of(json =>
    {
        _ = store.Facts;
        json.WriteStartObject();
        json.WriteString("status"u8, "UP"u8);
        json.WriteEndObject();
    });
}
