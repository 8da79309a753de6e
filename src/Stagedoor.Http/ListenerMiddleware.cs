using Microsoft.AspNetCore.Http;

namespace Stagedoor.Http;

/// <summary>
/// Lets each port serve what it is for and nothing else: whatever a request names that is not served where it came in does not exist there. Stands
/// behind routing and before everything that acts upon a route.
/// </summary>
public sealed class ListenerMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var listener = context.Features.Get<ModuleListener>();
        var metadata = context.GetEndpoint()?.Metadata.GetMetadata<ListenerMetadata>();
        if (listener is null ? metadata is { IsOnlyThere: true } : metadata?.Listener != listener)
        {
            // What is left has no endpoint, and ends as a path that no route takes.
            context.SetEndpoint(null);
        }

        return next(context);
    }
}
