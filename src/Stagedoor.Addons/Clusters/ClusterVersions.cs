using Stagedoor.Addons.Drivers;

namespace Stagedoor.Addons.Clusters;

/// <summary>Asks clusters that were registered without a version for it.</summary>
internal sealed class ClusterVersions(ClusterAccess access, TimeProvider clock)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    /// <summary>The cluster with its version; as it was where it has one already, or does not say it this moment.</summary>
    /// <exception cref="DriverDataException">It answers, and nobody understands what.</exception>
    public async Task<Cluster> FillAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        if (cluster.Version.Length > 0)
        {
            return cluster;
        }

        using var late = new CancellationTokenSource(s_patience, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            var reachable = access.Open(cluster);
            return await reachable.Driver.ReadVersionAsync(reachable.Connection, both.Token) is { Length: > 0 } version ? ClusterRules.WithVersion(cluster, version) : cluster;
        }
        catch (DriverException e) when (e is not DriverDataException)
        {
            return cluster;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return cluster;
        }
    }
}
