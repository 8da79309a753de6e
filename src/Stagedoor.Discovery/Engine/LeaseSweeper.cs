using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Background;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Engine;

/// <summary>Removes instances whose lease has run out.</summary>
internal sealed partial class LeaseSweeper(
    Leases leases, RegistryWriter writer, ReplicaFeed feed, Alarms alarms, IOptions<DiscoveryOptions> options, TimeProvider clock,
    ILogger<LeaseSweeper> logger) : UpkeepService(clock, logger)
{
    private const int LeastForProtection = 20;
    private const double ShareForProtection = 0.85;
    private const int RetryMilliseconds = 1_000;

    // Another replica may have heard of the instance and not said so yet.
    private const int ReplicaSlackMilliseconds = 1_000;
    private readonly ILogger _logger = logger;

    protected override TimeSpan Period => TimeSpan.FromMilliseconds(250);

    protected override Task RunOnceAsync(CancellationToken stoppingToken) =>
        leases.Sweep() is { Count: > 0 } expired ? RemoveAsync(expired) : Task.CompletedTask;

    private async Task RemoveAsync(List<InstanceNode> expired)
    {
        foreach (var group in expired.GroupBy(static i => i.Service.Tenant))
        {
            var instances = group.ToList();
            if (IsProtected(group.Key, instances.Count))
            {
                alarms.Raise("lease.protection", $"{group.Key.Key}: {instances.Count} of {group.Key.Instances} instances fell silent at once; they are kept for one lease more");
                LogProtected(group.Key.Key, instances.Count);
                instances.ForEach(leases.Extend);
                continue;
            }

            await Task.WhenAll(instances.Select(RemoveAsync));
        }
    }

    private bool IsProtected(TenantState tenant, int expired) =>
        options.Value.SelfProtection && tenant.Instances >= LeastForProtection && expired > ShareForProtection * tenant.Instances;

    private async Task RemoveAsync(InstanceNode instance)
    {
        var now = leases.Now;
        if (!feed.IsCurrent || (writer.IsShared && instance.ExpiresAt + ReplicaSlackMilliseconds > now))
        {
            leases.Again(instance, Math.Max(now, instance.ExpiresAt) + ReplicaSlackMilliseconds);
            return;
        }

        var (tenant, service) = (instance.Service.Tenant.Key, instance.Service.Id);
        try
        {
            var isRemoved = await writer.WriteAsync(
                [Scope.InService(tenant, service), Scope.Instance(tenant, service, instance.Id)],
                draft =>
                {
                    // A heartbeat may have come while this was waiting.
                    if (instance.IsGone || instance.ExpiresAt > leases.Now)
                    {
                        return instance.IsGone;
                    }

                    draft.Delete(EntryNames.Instance, tenant, EntryNames.Join(service, instance.Id));
                    return true;
                });
            if (!isRemoved)
            {
                leases.Again(instance, instance.ExpiresAt);
            }
        }
        catch (StorageException)
        {
            leases.Again(instance, leases.Now + RetryMilliseconds);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Count} instances of {Tenant} fell silent at once; that looks like the network, so they are kept for one lease more")]
    private partial void LogProtected(string tenant, int count);
}
