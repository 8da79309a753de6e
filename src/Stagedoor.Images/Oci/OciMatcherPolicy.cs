using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;

namespace Stagedoor.Images.Oci;

/// <summary>What an operation's path addresses; <see cref="RegistryResource.Unknown"/> is for whatever no other endpoint of its method takes.</summary>
internal sealed record OciResourceMetadata(params IReadOnlyList<RegistryResource> Resources);

/// <summary>
/// Chooses between the operations of the registry, which all have the same pattern: names contain slashes, so that only <see cref="RegistryPath"/>
/// can tell them apart. It is a part of the route table, as the choice by method is, and not a selector of candidates: that one would have routing
/// allocate a set of them for every request.
/// </summary>
internal sealed class OciMatcherPolicy : MatcherPolicy, INodeBuilderPolicy
{
    /// <summary>After the choice by method, which is -1000: a method that is nobody's is refused by routing.</summary>
    public override int Order => -500;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(static e => e.Metadata.GetMetadata<OciResourceMetadata>() is not null);

    // `/v2` is a path of the versions of the management API too: an endpoint that is none of the registry's goes along every edge.
    public IReadOnlyList<PolicyNodeEdge> GetEdges(IReadOnlyList<Endpoint> endpoints) =>
    [
        .. endpoints.SelectMany(static e => e.Metadata.GetMetadata<OciResourceMetadata>()?.Resources ?? [])
            .Distinct()
            .Select(resource => new PolicyNodeEdge(
                resource, [.. endpoints.Where(e => e.Metadata.GetMetadata<OciResourceMetadata>() is not { } of || of.Resources.Contains(resource))])),
    ];

    public PolicyJumpTable BuildJumpTable(int exitDestination, IReadOnlyList<PolicyJumpTableEdge> edges)
    {
        var other = edges.Where(static e => e.State is RegistryResource.Unknown).Select(static e => e.Destination).DefaultIfEmpty(exitDestination).First();
        var destinations = new int[Enum.GetValues<RegistryResource>().Length];
        Array.Fill(destinations, other);
        foreach (var edge in edges)
        {
            destinations[(int)(RegistryResource)edge.State] = edge.Destination;
        }

        return new JumpTable(destinations);
    }

    private sealed class JumpTable(int[] destinations) : PolicyJumpTable
    {
        public override int GetDestination(HttpContext httpContext) =>
            destinations[(int)RegistryPath.Read(httpContext.Request.Path.Value, out _, out _)];
    }
}
