using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;

namespace Stagedoor.Http;

/// <summary>
/// Of routes with the same path takes the one that is served where the request came in, as for <c>/health</c>, which two modules have at their ports. A path that only others
/// serve is left as it is: <see cref="ListenerMiddleware"/> refuses it.
/// </summary>
internal sealed class ListenerMatcherPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    public override int Order => 0;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) =>
        endpoints.Count > 1 && endpoints.Any(static e => e.Metadata.GetMetadata<ListenerMetadata>() is { IsOnlyThere: true });

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        var listener = httpContext.Features.Get<ModuleListener>();
        var isServed = false;
        for (var i = 0; i < candidates.Count; i++)
        {
            isServed |= candidates.IsValidCandidate(i) && ListenerMiddleware.Serves(listener, candidates[i].Endpoint);
        }

        for (var i = 0; isServed && i < candidates.Count; i++)
        {
            if (candidates.IsValidCandidate(i) && !ListenerMiddleware.Serves(listener, candidates[i].Endpoint))
            {
                candidates.SetValidity(i, false);
            }
        }

        return Task.CompletedTask;
    }
}
