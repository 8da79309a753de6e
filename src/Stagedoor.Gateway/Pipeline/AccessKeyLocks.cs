using System.Net;
using System.Runtime.InteropServices;

namespace Stagedoor.Gateway.Pipeline;

/// <summary>What a failure did to an access key.</summary>
internal enum LockChange
{
    /// <summary>Nothing yet.</summary>
    Counted,

    /// <summary>It is locked for the network from now on.</summary>
    Locked,

    /// <summary>It was locked already.</summary>
    StillLocked,
}

/// <summary>
/// Locks an access key for a while after wrong signatures in a row. The count is per key and network, so that somebody who merely knows a
/// key's name locks out only himself.
/// </summary>
internal sealed class AccessKeyLocks(TimeProvider clock, bool perAccessKeyAlone = false)
{
    public const int MaxFailures = 5;

    /// <summary>Counters in memory at one time.</summary>
    public const int MaxEntries = 10_000;

    public static readonly TimeSpan Duration = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string AccessKey, ClientNetwork Network), Entry> _entries = [];
    private volatile bool _any;

    public bool IsLocked(string accessKey, IPAddress? address)
    {
        if (!_any)
        {
            return false;
        }

        lock (_gate)
        {
            return _entries.TryGetValue(Key(accessKey, address), out var entry) && entry.Failures > MaxFailures && clock.GetUtcNow() < entry.Until;
        }
    }

    /// <summary>Counts a wrong signature.</summary>
    public LockChange Fail(string accessKey, IPAddress? address)
    {
        var key = Key(accessKey, address);
        var now = clock.GetUtcNow();
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out var entry) || now >= entry.Until)
            {
                entry = default;
                if (_entries.Count >= MaxEntries)
                {
                    MakeRoom(now);
                }
            }
            else if (entry.Failures > MaxFailures)
            {
                return LockChange.StillLocked;
            }

            entry = new(entry.Failures + 1, now + Duration);
            _entries[key] = entry;
            _any = true;
            return entry.Failures > MaxFailures ? LockChange.Locked : LockChange.Counted;
        }
    }

    /// <summary>Forgets the failures: a signature was right.</summary>
    public void Succeed(string accessKey, IPAddress? address)
    {
        if (!_any)
        {
            return;
        }

        lock (_gate)
        {
            _entries.Remove(Key(accessKey, address));
            _any = _entries.Count > 0;
        }
    }

    private (string AccessKey, ClientNetwork Network) Key(string accessKey, IPAddress? address) =>
        (accessKey, perAccessKeyAlone ? default : ClientNetwork.Of(address));

    // Over is over; else those that have the least to lose go first, a quarter at once so that the next failures need no search.
    private void MakeRoom(DateTimeOffset now)
    {
        foreach (var (key, entry) in _entries)
        {
            if (now >= entry.Until)
            {
                _entries.Remove(key);
            }
        }

        if (_entries.Count < MaxEntries)
        {
            return;
        }

        foreach (var (key, _) in _entries.OrderBy(static e => e.Value.Failures > MaxFailures).ThenBy(static e => e.Value.Until).Take(MaxEntries / 4).ToList())
        {
            _entries.Remove(key);
        }
    }

    /// <summary>Failures in a row, and until when they count.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Entry(int Failures, DateTimeOffset Until);
}
