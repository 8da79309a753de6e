using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
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
                if (name is IEndpointNameMetadata { EndpointName: { Length: > 0 } called } && IsRecordedByName(builder))
                {
                    // In records it is the same operation.
                    builder.Metadata.Add(new AuditMetadata(char.ToLowerInvariant(called[0]) + called[1..], "discovery"));
                }
            }
        });
        return group.WithMetadata(new ExcludeFromDescriptionAttribute());
    }

    // What changes something and says nothing else of its record.
    private static bool IsRecordedByName(EndpointBuilder builder) =>
        !builder.Metadata.Any(static m => m is AuditMetadata or NotAuditedMetadata or OwnAuditMetadata)
        && builder.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault()?.HttpMethods.Any(static m => !HttpMethods.IsGet(m) && !HttpMethods.IsHead(m)) is true;
}
