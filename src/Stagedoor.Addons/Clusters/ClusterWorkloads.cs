using Stagedoor.Addons.Drivers;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Clusters;

/// <summary>The workloads of the clusters that are registered, whether an add-on has brought them there or somebody else.</summary>
internal sealed class ClusterWorkloads(ClusterStore clusters, ClusterAccess access, TimeProvider clock) : IWorkloads
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    public async Task<bool> HasClusterAsync(string domainId, string clusterId, CancellationToken cancellationToken) =>
        await FindAsync(domainId, clusterId, cancellationToken) is not null;

    public async Task<WorkloadResult> SetImageAsync(WorkloadImage image, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (image.ClusterId is not { } id)
        {
            return new(false, "Workloads outside of clusters are not managed here; register a cluster, and name it in the trigger.");
        }

        if (await FindAsync(image.DomainId, id, cancellationToken) is not { } cluster)
        {
            return new(false, "The cluster is not registered any more.");
        }

        if (cluster.Phase is not Cluster.Available)
        {
            return new(false, $"The cluster is {cluster.Phase}.");
        }

        if (!WorkloadContainers.IsValid(image))
        {
            return WorkloadContainers.Missing(image);
        }

        using var late = new CancellationTokenSource(s_patience, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            var reachable = access.Open(cluster);

            // With the digest: a tag that points to another image than before is another text, and the workload is rolled.
            return reachable.Driver is IWorkloadDriver driver
                ? await driver.SetImageAsync(reachable.Connection, image, $"{image.Image}@{image.Digest}", both.Token)
                : new(false, $"A cluster with the driver {cluster.Driver} runs no images.");
        }
        catch (DriverUnavailableException e)
        {
            throw new WorkloadsException(e.Message, e);
        }
        catch (DriverException e)
        {
            return new(false, e.Message);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new WorkloadsException($"The cluster took longer than {s_patience.TotalSeconds:0} seconds.", e);
        }
    }

    private async Task<Cluster?> FindAsync(string domainId, string clusterId, CancellationToken cancellationToken)
    {
        try
        {
            return Text.IsStorable(clusterId) ? await clusters.FindOfAccountAsync(domainId, clusterId, cancellationToken) : null;
        }
        catch (StorageException e)
        {
            throw new WorkloadsException("The clusters cannot be looked up.", e);
        }
    }
}
