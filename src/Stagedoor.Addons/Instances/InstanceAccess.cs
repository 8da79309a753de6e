using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Addons.Instances;

/// <summary>What operations of an instance begin and end with.</summary>
internal static class InstanceAccess
{
    /// <summary>The instance of the caller's project.</summary>
    /// <exception cref="ApiException">There is none, or it is in another cluster than the one that is named.</exception>
    public static async Task<Instance> RequireAsync(this InstanceStore instances, Caller caller, string id, string? clusterId, CancellationToken cancellationToken) =>
        await instances.FindAsync(caller.Project(), id, cancellationToken) is { } instance
            && (string.IsNullOrEmpty(clusterId) || string.Equals(clusterId, instance.ClusterId, StringComparison.Ordinal))
            ? instance
            : throw AddonsError.InstanceNotFound(id);

    /// <summary>The instance whose operation was begun.</summary>
    /// <exception cref="ApiException">It was not.</exception>
    public static Instance Require(this BegunOperation begun, Instance seen) => begun.Outcome switch
    {
        BegunOutcome.Begun => begun.Instance!,
        BegunOutcome.ClusterGone => throw AddonsError.ClusterNotFound(seen.ClusterId),
        BegunOutcome.Gone => throw AddonsError.InstanceNotFound(seen.Id),
        BegunOutcome.VersionGone => throw AddonsError.VersionNotFound(seen.Template, begun.Message),
        BegunOutcome.Refused => throw new ApiException(AddonsCodes.ClusterNotSupported, begun.Message),
        _ => throw AddonsError.Busy($"another request has changed {seen.Template} a moment ago"),
    };
}
