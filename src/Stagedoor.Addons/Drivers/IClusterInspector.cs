using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Drivers;

/// <summary>A driver that can ask a cluster for more than releases.</summary>
internal interface IClusterInspector
{
    /// <summary>An object, or the list of those of a kind; <c>null</c> where there is none.</summary>
    /// <exception cref="DriverException">The cluster refuses, or does not answer.</exception>
    Task<GoMap?> LookUpAsync(ClusterConnection cluster, LookupKey key, CancellationToken cancellationToken);

    /// <summary>Tries all objects of a plan, changes nothing, and answers which the cluster would refuse. Those of kinds that it does not serve are left out.</summary>
    /// <exception cref="DriverException">The cluster does not answer.</exception>
    Task<IReadOnlyList<Refusal>> TryAllAsync(ClusterConnection cluster, ReleasePlan plan, CancellationToken cancellationToken);
}

/// <summary>Why a cluster would refuse an object.</summary>
/// <param name="Message">Which object, and why.</param>
/// <param name="IsImmutable">Whether a field would change that cannot.</param>
internal sealed record Refusal(string Message, bool IsImmutable);
