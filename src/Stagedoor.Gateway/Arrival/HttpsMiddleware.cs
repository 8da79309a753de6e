using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Arrival;

/// <summary>
/// Refuses plain HTTP where <see cref="GatewayOptions.RequireHttps"/> says so, for every path, known or not, but those of probes: a load balancer or
/// an orchestrator asks them at the process itself, behind the proxy that speaks TLS. Stands behind routing, which knows the one from the other.
/// </summary>
internal sealed class HttpsMiddleware(RequestDelegate next, IOptions<GatewayOptions> options)
{
    private readonly bool _isRequired = options.Value.RequireHttps;

    public Task InvokeAsync(HttpContext context)
    {
        if (!_isRequired || context.Request.IsHttps || context.GetEndpoint()?.Metadata.GetMetadata<PlainHttpMetadata>() is not null)
        {
            return next(context);
        }

        ArrivalMiddleware.CloseAfter(context);
        return ErrorWriter.WriteAsync(context, GatewayError.HttpsRequired());
    }
}
