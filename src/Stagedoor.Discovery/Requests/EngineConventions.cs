using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;

namespace Stagedoor.Discovery.Requests;

/// <summary>What all routes of the engine have in common.</summary>
internal static class EngineConventions
{
    // A second address of the same operations has no names of its own, and no place in the documents.
    public static RouteGroupBuilder Nameless(this RouteGroupBuilder group)
    {
        ((IEndpointConventionBuilder)group).Finally(static builder =>
        {
            foreach (var name in builder.Metadata.OfType<IEndpointNameMetadata>().Cast<object>().ToList())
            {
                builder.Metadata.Remove(name);
                if (name is IEndpointNameMetadata { EndpointName: { Length: > 0 } called } && !builder.Metadata.OfType<AuditMetadata>().Any())
                {
                    // In records it is the same operation.
                    builder.Metadata.Add(new AuditMetadata(char.ToLowerInvariant(called[0]) + called[1..], "discovery"));
                }
            }
        });
        return group.WithMetadata(new ExcludeFromDescriptionAttribute());
    }
}
