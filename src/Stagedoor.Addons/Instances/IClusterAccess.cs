using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Instances;

/// <summary>How an operation gets into clusters.</summary>
internal interface IClusterAccess
{
    /// <summary>The driver of a cluster, and what it needs; <c>null</c> where no such cluster is registered any more.</summary>
    /// <exception cref="DriverException">There is no driver for it, or its kubeconfig does not open.</exception>
    Task<ReachableCluster?> FindAsync(string projectId, string clusterId, CancellationToken cancellationToken);
}

/// <summary>A cluster with its driver.</summary>
internal sealed record ReachableCluster(IClusterDriver Driver, ClusterConnection Connection)
{
    /// <summary>Looks up for templates what is in the cluster; <c>null</c> where the driver has nothing to look at.</summary>
    public Func<LookupKey, CancellationToken, Task<GoMap?>>? Lookup =>
        Driver is IClusterInspector inspector ? (key, token) => inspector.LookUpAsync(Connection, key, token) : null;
}
