using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Releases;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Addons.Instances;

/// <summary>Asks clusters while a client waits: what goes wrong has the service's codes, and nothing takes longer than clients wait.</summary>
internal sealed class ClusterReads(InstanceStore instances, IClusterAccess clusters, TimeProvider clock)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(4);

    /// <summary>Asks the cluster of an instance something.</summary>
    /// <exception cref="ApiException">It does not answer, or nobody understands what it says.</exception>
    public async Task<T> AskAsync<T>(Instance instance, Func<ReachableCluster, CancellationToken, ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(s_patience, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            var cluster = await clusters.FindAsync(instance.ProjectId, instance.ClusterId, both.Token).FaultAs(AddonsCodes.GetInstanceFailed)
                ?? throw new ApiException(AddonsCodes.GetInstanceFailed, "the cluster is not registered any more");
            return await ask(cluster, both.Token);
        }
        catch (DriverDataException e)
        {
            throw new ApiException(AddonsCodes.ConvertResponseFailed, e.Message, e);
        }
        catch (DriverException e)
        {
            throw new ApiException(AddonsCodes.GetInstanceFailed, e.Message, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ApiException(AddonsCodes.GetInstanceFailed, $"the cluster did not answer within {s_patience.TotalSeconds:0} seconds", e);
        }
    }

    /// <summary>What was planned last for an instance; null where nothing ever was.</summary>
    /// <exception cref="ApiException">It cannot be read, or nobody understands it.</exception>
    public async Task<ReleaseRecord?> FindPlannedAsync(Instance instance, CancellationToken cancellationToken)
    {
        if (await instances.FindPlannedAsync(instance.Id, cancellationToken).FaultAs(AddonsCodes.GetInstanceFailed) is not { } planned)
        {
            return null;
        }

        try
        {
            return ReleaseCodec.Decode(planned.Manifest);
        }
        catch (Exception e) when (e is DriverDataException or FormatException)
        {
            throw new ApiException(AddonsCodes.ConvertResponseFailed, $"what is stored of revision {planned.Number} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads the release that an instance has in its cluster, as it is this moment.</summary>
    /// <exception cref="ApiException">It cannot be read, or nobody understands it.</exception>
    public async Task<ReleaseRecord?> ReadCurrentAsync(Instance instance, CancellationToken cancellationToken) =>
        await FindPlannedAsync(instance, cancellationToken) is { } planned
            ? await AskAsync(instance, (cluster, token) => cluster.Driver.ReadReleaseAsync(cluster.Connection, planned.Key, token), cancellationToken)
            : null;
}
