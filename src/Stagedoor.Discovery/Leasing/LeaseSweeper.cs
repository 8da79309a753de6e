using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Microservices;
using Stagedoor.Discovery.Replication;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Leasing;

/// <summary>
/// Removes instances whose lease has run out. Leases count from the moment when clients can reach the server, however long the start took.
/// </summary>
internal sealed class LeaseSweeper(
    Leases leases, Registry registry, RegistryWriter writer, ReplicaFeed feed, SelfProtection protection, IHostApplicationLifetime lifetime, TimeProvider clock,
    ILogger<LeaseSweeper> logger) : UpkeepService(clock, logger)
{
    private const int RetryMilliseconds = 1_000;

    // A replica that is so far behind with its news takes itself for cut off: what it was told in time has been heard by then.
    private const long ReplicaSlackMilliseconds = ReplicaFeed.CurrentForMilliseconds;
    private volatile bool _isServing;
    private long _rounds;
    private long _removed;

    /// <summary>How often it has looked at the leases, before clients could come as well.</summary>
    public long Rounds => Volatile.Read(ref _rounds);

    /// <summary>How many instances it has removed.</summary>
    public long Removed => Volatile.Read(ref _removed);

    protected override TimeSpan Period => TimeSpan.FromMilliseconds(250);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // Here and not in the loop, so that whoever waits for the start finds it done.
        lifetime.ApplicationStarted.Register(Serve);
        return base.StartAsync(cancellationToken);
    }

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        if (_isServing)
        {
            await SweepAsync();
        }

        Interlocked.Increment(ref _rounds);
    }

    private void Serve()
    {
        var now = leases.Now;
        foreach (var instance in registry.Instances)
        {
            instance.Renew(now);
        }

        _isServing = true;
    }

    private async Task SweepAsync()
    {
        protection.Rearm();
        var expired = leases.Sweep();
        foreach (var group in expired.GroupBy(static i => i.Service.Tenant))
        {
            var instances = group.ToList();
            if (instances.Exists(i => IsOver(i) && !SharedServices.IsOwn(i.Service)))
            {
                protection.Keeps(group.Key);
            }

            await Task.WhenAll(instances.Select(RemoveAsync));
        }
    }

    /// <summary>
    /// Whether the lease has ended and everything has been heard that replicas told until a while after that: only then nobody has heard of the
    /// instance. A link that is up and carries nothing proves nothing.
    /// </summary>
    private bool IsOver(InstanceNode instance) =>
        instance.ExpiresAt <= leases.Now
        && (!writer.IsShared || (feed.IsCurrent && leases.HearsUpTo >= instance.ExpiresAt + ReplicaSlackMilliseconds));

    private async Task RemoveAsync(InstanceNode instance)
    {
        if (!IsOver(instance))
        {
            leases.Again(instance, Math.Max(leases.Now + RetryMilliseconds, instance.ExpiresAt));
            return;
        }

        var (tenant, service) = (instance.Service.Tenant.Key, instance.Service.Id);
        var (isRemoved, isOurs) = (false, false);
        try
        {
            isRemoved = await writer.WriteAsync(
                [Scope.InService(tenant, service), Scope.Instance(tenant, service, instance.Id)],
                draft =>
                {
                    // A heartbeat may have come while this was waiting.
                    if (instance.IsGone || !IsOver(instance))
                    {
                        return instance.IsGone;
                    }

                    draft.Delete(EntryNames.Instance, tenant, EntryNames.Join(service, instance.Id));
                    isOurs = true;
                    return true;
                });
            Interlocked.Add(ref _removed, isRemoved && isOurs ? 1 : 0);
        }
        catch (StorageException)
        {
            // The writer has said so, and tries again by itself.
        }
        finally
        {
            // Whatever happened: an instance that nobody looks at again would stay for ever.
            if (!isRemoved)
            {
                leases.Again(instance, Math.Max(leases.Now + RetryMilliseconds, instance.ExpiresAt));
            }
        }
    }
}
