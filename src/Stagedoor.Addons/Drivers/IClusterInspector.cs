using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Drivers;

/// <summary>A driver that can ask a cluster for more than releases.</summary>
internal interface IClusterInspector
{
    /// <summary>An object, or the list of those of a kind; <c>null</c> where there is none.</summary>
    /// <exception cref="DriverException">The cluster refuses, or does not answer.</exception>
    Task<GoMap?> LookUpAsync(ClusterConnection cluster, LookupKey key, CancellationToken cancellationToken);
}
