using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Requests;

/// <summary>What all routes of the engine have in common.</summary>
internal static class EngineConventions
{
    /// <summary>A group of the engine's operations, here and at its own port.</summary>
    public static RouteGroupBuilder AsEngine(this RouteGroupBuilder group, ModuleListener port) => group
        .OfService("discovery")
        .ServedAt(port)
        .AdmitsTenants()
        .SpeaksJson(DiscoveryJson.Wire)
        .HeaderParameter("X-Domain-Name", "The domain; without it that of the credential, or default where a credential fixes none.")
        .PathParameter("project", "The project; default where there is none.")
        .PathParameter("serviceId", "The id of the microservice.")
        .PathParameter("instanceId", "The id of the instance.")
        .PathParameter("schemaId", "The id of the contract.")
        .PathParameter("ruleId", "The id of the rule; to delete, several with commas between them.")
        .PathParameter("key", "The key of the tag; to delete, several with commas between them.");

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
