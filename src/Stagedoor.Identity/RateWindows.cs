using System.Collections.Concurrent;

namespace Stagedoor.Identity;

/// <summary>A <see cref="RateWindow"/> for each key that was seen lately, in bounded memory.</summary>
public sealed class RateWindows<TKey>(int limit)
    where TKey : notnull
{
    public const int MaxKeys = 10_000;

    private readonly ConcurrentDictionary<TKey, RateWindow> _windows = new();
    private readonly RateWindow _overflow = new(limit);
    private int _count;
    private long _pruned;

    public int Limit => limit;

    /// <summary>Counts a request of <paramref name="key"/>; how many more fit, or -1 when this one does not.</summary>
    public int Take(TKey key, long second) => Find(key, second).Take(second);

    private RateWindow Find(TKey key, long second)
    {
        if (_windows.TryGetValue(key, out var window))
        {
            return window;
        }

        if (Volatile.Read(ref _count) >= MaxKeys)
        {
            Prune(second);
            if (Volatile.Read(ref _count) >= MaxKeys)
            {
                // More callers in one second than are counted one by one share one window: nobody gets through uncounted.
                return _overflow;
            }
        }

        var added = new RateWindow(limit);
        window = _windows.GetOrAdd(key, added);
        if (ReferenceEquals(window, added))
        {
            Interlocked.Increment(ref _count);
        }

        return window;
    }

    private void Prune(long second)
    {
        if (Interlocked.Exchange(ref _pruned, second) == second)
        {
            return;
        }

        foreach (var (key, window) in _windows)
        {
            if (Math.Abs(second - window.Second) > 1 && _windows.TryRemove(new KeyValuePair<TKey, RateWindow>(key, window)))
            {
                Interlocked.Decrement(ref _count);
            }
        }
    }
}
