using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Clusters;

/// <summary>Gets into the clusters that are registered, with the driver that each names.</summary>
internal sealed class ClusterAccess(ClusterStore clusters, ClusterSecrets secrets, IEnumerable<IClusterDriver> drivers) : IClusterAccess
{
    private readonly Dictionary<string, IClusterDriver> _drivers = drivers.ToDictionary(static d => d.Name, StringComparer.Ordinal);

    public async Task<ReachableCluster?> FindAsync(string projectId, string clusterId, CancellationToken cancellationToken) =>
        await clusters.FindAsync(projectId, clusterId, cancellationToken) is { } cluster ? Open(cluster) : null;

    /// <summary>The driver of a cluster that was read, and what it needs.</summary>
    /// <exception cref="DriverException">There is no driver for it, or its kubeconfig does not open.</exception>
    public ReachableCluster Open(Cluster cluster)
    {
        if (!_drivers.TryGetValue(cluster.Driver, out var driver))
        {
            throw new DriverRejectedException(
                Reasons.ClusterUnreachable, $"Nothing here gets into clusters with the driver {cluster.Driver}; there is {string.Join(", ", _drivers.Keys.Order(StringComparer.Ordinal))}.");
        }

        var kubeconfig = "";
        if (cluster.Kubeconfig is { } box)
        {
            kubeconfig = secrets.FindKubeconfig(cluster.Id, box)
                ?? throw new DriverUnavailableException("The kubeconfig of the cluster does not open with the keys of this installation; register it again.");
        }

        return new(driver, new()
        {
            Id = cluster.Id,
            Name = cluster.Name,
            Version = cluster.Version,
            Config = JsonText.Read(cluster.DriverConfig) as GoMap ?? [],
            Kubeconfig = kubeconfig,
        });
    }
}
