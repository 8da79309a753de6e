using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Stagedoor.Iam;

/// <summary>
/// Puts <c>X-IAM-Trace-Id</c> on every answer of the identity API, refusals of the gateway included: client libraries quote it.
/// </summary>
internal sealed class IamTraceHeader : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(static (context, following) =>
        {
            // By path: what routing refuses has no endpoint. `/v3/manage` is the image repository's.
            if (context.Request.Path.Value is { } path
                && path.StartsWith("/v3", StringComparison.Ordinal)
                && !path.StartsWith("/v3/manage", StringComparison.Ordinal))
            {
                context.Response.OnStarting(SetAsync, context);
            }

            return following(context);
        });
        next(app);
    };

    private static Task SetAsync(object state)
    {
        var context = (HttpContext)state;
        context.Response.Headers["X-IAM-Trace-Id"] = context.TraceIdentifier;
        return Task.CompletedTask;
    }
}
