using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Discovery.Health;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Microservices;

namespace Stagedoor.Discovery.Leasing;

/// <summary>
/// Keeps a tenant's instances when nearly all of them are silent: then the network is the likelier culprit. Leases end one after the other, as
/// heartbeats are spread over their interval; so not the ends are counted but who is silent. All of them are kept for one lease, once: until
/// half are heard of again nothing more is kept, so that a group that is gone for good goes. Called by one thread.
/// </summary>
internal sealed partial class SelfProtection(Leases leases, Alarms alarms, IOptions<DiscoveryOptions> options, ILogger<SelfProtection> logger)
{
    /// <summary>The alarm that is raised for the tenant.</summary>
    public const string Alarm = "lease.protection";

    private const int LeastRegistered = 20;
    private const double ShareForProtection = 0.85;
    private const double ShareForArming = 0.5;
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);
    private readonly HashSet<TenantState> _spent = [];
    private long _lookedAt;
    private int _protected;

    /// <summary>Tenants whose silent instances have been kept, and half of whose instances have not been heard of since.</summary>
    public int Protected => Volatile.Read(ref _protected);

    /// <summary>Whether the tenant's silent instances have just been given one lease more, as a lease of one has ended.</summary>
    public bool Keeps(TenantState tenant)
    {
        if (!options.Value.SelfProtection || tenant.Instances < LeastRegistered || _spent.Contains(tenant))
        {
            return false;
        }

        var now = leases.Now;
        var (silent, all) = Count(tenant, now);
        if (all < LeastRegistered || silent.Count <= ShareForProtection * all)
        {
            return false;
        }

        silent.ForEach(leases.Keep);
        _spent.Add(tenant);
        Volatile.Write(ref _protected, _spent.Count);
        alarms.Raise(Alarm, tenant.Key, $"{tenant.Key}: {silent.Count} of {all} instances are silent; they are kept for one lease more");
        LogProtected(tenant.Key, silent.Count, all);
        return true;
    }

    /// <summary>Looks whose instances are heard of again, to be kept the next time.</summary>
    public void Rearm()
    {
        var now = leases.Now;
        if (_spent.Count == 0 || now - _lookedAt < s_look.TotalMilliseconds)
        {
            return;
        }

        _lookedAt = now;
        _spent.RemoveWhere(tenant => Count(tenant, now) is var (silent, all) && (all == 0 || silent.Count < ShareForArming * all));
        Volatile.Write(ref _protected, _spent.Count);
    }

    // The engine's own instances never fall silent while somebody counts.
    private static (List<InstanceNode> Silent, int All) Count(TenantState tenant, long now)
    {
        var silent = new List<InstanceNode>();
        var all = 0;
        foreach (var (_, service) in tenant.Services)
        {
            if (SharedServices.IsOwn(service))
            {
                continue;
            }

            foreach (var (_, instance) in service.Instances)
            {
                all++;
                if (instance.IsSilent(now))
                {
                    silent.Add(instance);
                }
            }
        }

        return (silent, all);
    }

    [LoggerMessage(LogLevel.Warning, "{Silent} of {All} instances of {Tenant} are silent; that looks like the network, so they are kept for one lease more")]
    private partial void LogProtected(string tenant, int silent, int all);
}
