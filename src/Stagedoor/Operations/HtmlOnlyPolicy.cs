using Microsoft.AspNetCore.Routing.Matching;

namespace Stagedoor.Operations;

/// <summary>A route that only browsers see; everybody else gets the route of the same path behind it.</summary>
internal sealed record HtmlOnlyMetadata;

/// <summary>Passes over routes for browsers when the caller is none.</summary>
internal sealed class HtmlOnlyPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    public override int Order => 0;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(static e => e.Metadata.GetMetadata<HtmlOnlyMetadata>() is not null);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        var isBrowser = Wishes.Form(httpContext.Request) is Representation.Html;
        for (var i = 0; i < candidates.Count; i++)
        {
            if (!isBrowser && candidates.IsValidCandidate(i) && candidates[i].Endpoint.Metadata.GetMetadata<HtmlOnlyMetadata>() is not null)
            {
                candidates.SetValidity(i, false);
            }
        }

        return Task.CompletedTask;
    }
}
