using System.Runtime.InteropServices;

namespace Stagedoor.Identity;

/// <summary>What a failure did.</summary>
public enum LockChange
{
    /// <summary>Nothing yet.</summary>
    Counted,

    /// <summary>It is locked from now on.</summary>
    Locked,

    /// <summary>It was locked already.</summary>
    StillLocked,

    /// <summary>There was no room to count it: the table is full of locks that hold.</summary>
    NotCounted,
}

/// <summary>
/// Counts failures in a row and locks what fails too often, in bounded memory. Counts make room for others; a lock that holds never does, however
/// many others are made.
/// </summary>
/// <param name="clock">Ends counts and locks.</param>
/// <param name="failures">The failure that locks.</param>
/// <param name="duration">How long a count is remembered and a lock holds.</param>
/// <param name="capacity">Counts and locks at one time.</param>
public sealed class FailureLocks<TKey>(TimeProvider clock, int failures, TimeSpan duration, int capacity)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Entry> _entries = [];
    private volatile bool _any;

    // Until then a search for room would be in vain.
    private DateTimeOffset _fullUntil;

    /// <summary>How long it stays locked; null when it is not.</summary>
    public TimeSpan? FindLock(TKey key)
    {
        if (!_any)
        {
            return null;
        }

        lock (_gate)
        {
            return _entries.TryGetValue(key, out var entry) && entry.Failures >= failures && entry.Until - clock.GetUtcNow() is var left && left > TimeSpan.Zero
                ? left
                : null;
        }
    }

    /// <summary>Whether a failure of this key would go uncounted, because the table is full of locks that hold.</summary>
    public bool HasNoRoomFor(TKey key)
    {
        if (!_any)
        {
            return false;
        }

        lock (_gate)
        {
            return !_entries.ContainsKey(key) && !TryMakeRoom(clock.GetUtcNow());
        }
    }

    public LockChange Fail(TKey key)
    {
        var now = clock.GetUtcNow();
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out var entry) || now >= entry.Until)
            {
                if (!_entries.ContainsKey(key) && !TryMakeRoom(now))
                {
                    return LockChange.NotCounted;
                }

                entry = default;
            }
            else if (entry.Failures >= failures)
            {
                return LockChange.StillLocked;
            }

            entry = new(entry.Failures + 1, now + duration);
            _entries[key] = entry;
            _any = true;
            return entry.Failures >= failures ? LockChange.Locked : LockChange.Counted;
        }
    }

    /// <summary>Forgets the failures: this time it was right.</summary>
    public void Succeed(TKey key)
    {
        if (!_any)
        {
            return;
        }

        lock (_gate)
        {
            Remove(key);
        }
    }

    /// <summary>Forgets the failures before a lock: this time it was right. A lock that holds is left.</summary>
    public void EndRow(TKey key)
    {
        if (!_any)
        {
            return;
        }

        lock (_gate)
        {
            if (_entries.TryGetValue(key, out var entry) && (entry.Failures < failures || clock.GetUtcNow() >= entry.Until))
            {
                Remove(key);
            }
        }
    }

    /// <summary>Forgets failures and locks of all keys that are so.</summary>
    public void Forget(Predicate<TKey> which)
    {
        lock (_gate)
        {
            foreach (var key in _entries.Keys.Where(key => which(key)).ToList())
            {
                _entries.Remove(key);
            }

            _any = _entries.Count > 0;
            _fullUntil = default;
        }
    }

    /// <summary>What is locked now, with the end of it.</summary>
    public IReadOnlyList<(TKey Key, DateTimeOffset Until)> Locked()
    {
        var now = clock.GetUtcNow();
        lock (_gate)
        {
            return [.. _entries.Where(e => e.Value.Failures >= failures && e.Value.Until > now).Select(static e => (e.Key, e.Value.Until))];
        }
    }

    private void Remove(TKey key)
    {
        _entries.Remove(key);
        _any = _entries.Count > 0;
        _fullUntil = default;
    }

    // A quarter of the counts at once, the oldest first, so that the next failures need no search.
    private bool TryMakeRoom(DateTimeOffset now)
    {
        if (_entries.Count < capacity)
        {
            return true;
        }

        if (now < _fullUntil)
        {
            return false;
        }

        foreach (var (key, entry) in _entries)
        {
            if (now >= entry.Until)
            {
                _entries.Remove(key);
            }
        }

        if (_entries.Count < capacity)
        {
            return true;
        }

        foreach (var (key, _) in _entries.Where(e => e.Value.Failures < failures).OrderBy(static e => e.Value.Until).Take(Math.Max(capacity / 4, 1)).ToList())
        {
            _entries.Remove(key);
        }

        if (_entries.Count < capacity)
        {
            return true;
        }

        _fullUntil = _entries.Values.Min(static e => e.Until);
        return false;
    }

    /// <summary>Failures in a row, and until when they count.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Entry(int Failures, DateTimeOffset Until);
}
