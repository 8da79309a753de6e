using Microsoft.AspNetCore.Builder;
using Stagedoor.Gateway.Admission;
using Stagedoor.Gateway.Arrival;
using Stagedoor.Http;

namespace Stagedoor.Gateway;

/// <summary>The order in which every request passes the stages.</summary>
public static class GatewayPipeline
{
    /// <summary>
    /// Adds the whole pipeline in its order: request id and limits, error bodies, pages of other origins, names in paths, routing, https, ports, rates, authentication, policy, audit,
    /// JSON that is none of ours. It calls <c>UseStagedoorErrors</c> and <c>UseRouting</c> itself and has to come before anything else that answers. The server in front has to
    /// let through request lines of 64 KiB and headers of 256 KiB, so that what is too long is refused here, with a code.
    /// </summary>
    public static IApplicationBuilder UseGateway(this IApplicationBuilder app) => app
        .UseMiddleware<ArrivalMiddleware>()
        .UseStagedoorErrors()
        .UseCrossOrigin()
        .UseMiddleware<PathReadingMiddleware>()
        .UseRouting()
        .UseMiddleware<HttpsMiddleware>()
        .UseMiddleware<ListenerMiddleware>()
        .UseMiddleware<AdmissionMiddleware>()
        .UseMiddleware<JsonBodyMiddleware>();
}
