using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Tracing.Ingest;

/// <summary><c>POST /v1/metrics</c>, <c>/v1/logs</c> and <c>/v1development/profiles</c>: signals that this service does not keep.</summary>
internal static class DropSignals
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, signal) in (ReadOnlySpan<(string, string)>)[("/v1/metrics", "Metrics"), ("/v1/logs", "Logs"), ("/v1development/profiles", "Profiles")])
        {
            routes.MapPost(path, static (HttpContext context, IOptions<TracingOptions> options) => ExportTraces.Drop(context, options.Value.DiscardOtherSignals))
                .WithName($"Drop{signal}")
                .WithSummary("Send another signal than traces, which is not kept")
                .Action("apm:span:export")
                .CanFail(GatewayCodes.ApiNotFound)
                .AnswersContent(200, OtlpAnswer.Protobuf, "It is dropped, where that is switched on.")
                .AnswersContent(404, OtlpAnswer.Protobuf, "It is not taken.")
                .ServedOnlyAt(TracingModule.OtlpHttp);
        }
    }
}
