using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Replication;

namespace Stagedoor.Discovery.Leasing;

/// <summary>
/// The leases of all instances, in memory only. A renewal is one write of a number; a wheel of slots looks at a lease when its time has
/// come, and puts it into a later slot when it was renewed meanwhile.
/// </summary>
internal sealed class Leases
{
    private const int SlotMilliseconds = 250;
    private const int Slots = 2_048;
    private readonly List<InstanceNode>[] _wheel = [.. Enumerable.Range(0, Slots).Select(static _ => new List<InstanceNode>())];
    private readonly Lock _gate = new();
    private readonly Lazy<LeaseNews> _news = new(static () => new());
    private readonly TimeProvider _clock;
    private long _next;
    private long _hearsSince;
    private volatile bool _isDeaf;

    public Leases(TimeProvider clock)
    {
        _clock = clock;
        _hearsSince = Now;

        // Leases are put on the wheel before the first sweep, and must not lie behind it.
        _next = Now / SlotMilliseconds;
    }

    /// <summary>Renewals and names for other replicas; not kept unless there can be any.</summary>
    public LeaseNews? News { get; private set; }

    /// <summary>Milliseconds on a clock that only goes forward.</summary>
    public long Now => (long)(_clock.GetTimestamp() / (double)_clock.TimestampFrequency * 1_000);

    /// <summary>From now on other replicas have to hear of renewals.</summary>
    public LeaseNews Share() => News = _news.Value;

    /// <summary>Gives an instance a full lease.</summary>
    public void Begin(InstanceNode instance)
    {
        instance.Renew(Now);
        News?.Add(instance);
        lock (_gate)
        {
            Place(instance);
        }
    }

    /// <summary>
    /// Restarts the lease of an instance that was heard of. False when it counts nowhere else: for half its lease this process has heard nothing
    /// of the others, and they may have nothing of it; then the caller must not say that all is well.
    /// </summary>
    public bool Renew(InstanceNode instance)
    {
        var now = Now;
        if (_isDeaf && now - HearsUpTo > instance.LeaseMilliseconds / 2)
        {
            return false;
        }

        instance.Renew(now);
        if (News is { } news && instance.NoteRenewal())
        {
            news.Renewed(instance);
        }

        return true;
    }

    /// <summary>Whether the lease has run out, so that the instance may be on its way out.</summary>
    public bool IsOver(InstanceNode instance) => instance.ExpiresAt <= Now;

    /// <summary>Everything that replicas told before this moment has been heard here.</summary>
    public long HearsUpTo => Volatile.Read(ref _hearsSince);

    /// <summary>Notes up to when everything was heard.</summary>
    public void Hears(long upTo)
    {
        Volatile.Write(ref _hearsSince, upTo);
        _isDeaf = false;
    }

    /// <summary>Notes that nothing is heard any more although this process was awake to hear it.</summary>
    public void Deafen() => _isDeaf = true;

    /// <summary>Gives an instance one lease more without having heard of it, as almost nobody is heard of.</summary>
    public void Keep(InstanceNode instance)
    {
        lock (_gate)
        {
            instance.Keep(Now);
        }
    }

    /// <summary>Gives an instance one lease more because for a time nobody could be heard here.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="deaf">How long that was, until now.</param>
    public void Excuse(InstanceNode instance, long deaf)
    {
        lock (_gate)
        {
            instance.Excuse(Now, deaf);
        }
    }

    /// <summary>Looks at an instance again at a time, as its removal did not succeed.</summary>
    public void Again(InstanceNode instance, long at)
    {
        lock (_gate)
        {
            Place(instance, at);
        }
    }

    /// <summary>Forgets a lease. The wheel drops it when it comes by.</summary>
    public void End(InstanceNode instance) => News?.Remove(instance);

    /// <summary>The instances whose lease has run out since the last call. Each is handed out once: remove it or ask for it again.</summary>
    public List<InstanceNode> Sweep()
    {
        var now = Now;
        var expired = new List<InstanceNode>();
        var slot = now / SlotMilliseconds;
        lock (_gate)
        {
            // After a jump of the clock once round is enough.
            for (_next = Math.Max(_next, slot - Slots); _next < slot; _next++)
            {
                var due = _wheel[_next % Slots];
                if (due.Count == 0)
                {
                    continue;
                }

                var there = due.ToArray();
                due.Clear();
                foreach (var instance in there)
                {
                    if (instance.IsGone)
                    {
                        continue;
                    }

                    if (instance.ExpiresAt <= now)
                    {
                        expired.Add(instance);
                    }
                    else
                    {
                        Place(instance, instance.ExpiresAt, now);
                    }
                }
            }
        }

        return expired;
    }

    private void Place(InstanceNode instance) => Place(instance, instance.ExpiresAt);

    private void Place(InstanceNode instance, long at) => Place(instance, at, Now);

    // In the slot after its end, so that a lease never ends early; at most once round, from where it is put on.
    private void Place(InstanceNode instance, long at, long now)
    {
        var slot = (at / SlotMilliseconds) + 1;
        var current = Math.Max(_next, now / SlotMilliseconds);
        _wheel[Math.Clamp(slot, current, current + Slots - 1) % Slots].Add(instance);
    }
}
