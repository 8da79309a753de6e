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
        if (context.GetEndpoint() is { } endpoint && !Serves(context.Features.Get<ModuleListener>(), endpoint))
        {
            // What is left has no endpoint, and ends as a path that no route takes.
            context.SetEndpoint(null);
        }

        return next(context);
    }

    /// <summary>Whether a route is served at a port of a module, or at the main one.</summary>
    internal static bool Serves(ModuleListener? listener, Endpoint endpoint)
    {
        var metadata = endpoint.Metadata.GetMetadata<ListenerMetadata>();
        return listener is null ? metadata is not { IsOnlyThere: true } : metadata?.Listener == listener || endpoint.Metadata.GetMetadata<EverywhereMetadata>() is not null;
    }
}
