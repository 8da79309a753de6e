using System.Collections.Concurrent;
using Stagedoor.Storage;

namespace Stagedoor.Iam;

/// <summary>
/// What the directory said, kept for a second. While the database does not answer, what is known serves for up to a minute; what is
/// not known fails. One load per key runs at a time. Once it was waited for in vain nobody waits any more until it has answered.
/// </summary>
internal sealed class DirectoryCache<T>(TimeProvider clock, DirectoryOutage outage, int capacity, Func<string, CancellationToken, Task<T?>> load)
    where T : class
{
    /// <summary>How long an answer is used without asking.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    /// <summary>How long an answer outlives the database.</summary>
    public static readonly TimeSpan Usable = TimeSpan.FromSeconds(60);

    /// <summary>How long a slow database is waited for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // With a link that carries nothing a load can hang for minutes; who looks after that begins another.
    private static readonly TimeSpan s_longestLoad = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    public int Count => _entries.Count;

    public bool Holds(string key) => _entries.ContainsKey(key);

    public ValueTask<T?> GetAsync(string key, CancellationToken cancellationToken) =>
        _entries.TryGetValue(key, out var entry) && entry.IsFresh(clock)
            ? new(entry.Value)
            : new(RefreshAsync(key, cancellationToken));

    /// <summary>Forgets an answer, also one that is being loaded: who asks after this sees what is stored now.</summary>
    public void Forget(string key) => _entries.TryRemove(key, out _);

    /// <summary>Forgets the answers that are so.</summary>
    public void Forget(Predicate<T> which)
    {
        foreach (var pair in _entries)
        {
            if (pair.Value.Value is { } value && which(value))
            {
                _entries.TryRemove(pair);
            }
        }
    }

    public void Clear() => _entries.Clear();

    /// <summary>Drops what is past use, so that secrets do not stay in memory.</summary>
    public void Sweep()
    {
        foreach (var pair in _entries)
        {
            if (!pair.Value.IsUsable(clock) && !pair.Value.IsLoading)
            {
                _entries.TryRemove(pair);
            }
        }
    }

    private async Task<T?> RefreshAsync(string key, CancellationToken cancellationToken)
    {
        if (_entries.Count >= capacity)
        {
            Trim();
        }

        var entry = _entries.GetOrAdd(key, static _ => new());
        if (outage.IsKnown)
        {
            if (outage.IsTimeToLook())
            {
                // It ends the outage, or changes nothing.
                _ = entry.BeginAsync(clock, () => LoadAsync(key, entry));
            }

            return FallBack(entry, null);
        }

        try
        {
            return await entry.BeginAsync(clock, () => LoadAsync(key, entry)).WaitAsync(Patience, clock, cancellationToken);
        }
        catch (TimeoutException e)
        {
            outage.Begin();
            return FallBack(entry, e);
        }
    }

    /// <exception cref="StorageException">There is nothing to fall back on.</exception>
    private T? FallBack(Entry entry, Exception? fault)
    {
        if (!entry.IsUsable(clock))
        {
            throw Unanswered(fault);
        }

        entry.Postpone(clock);
        return entry.Value;
    }

    private static StorageException Unanswered(Exception? fault) =>
        new(StorageSource.Database, StorageFault.Unavailable, "The directory of users and keys does not answer.", fault);

    // Belongs to all who wait for it, so the first one's cancellation does not end it.
    private async Task<T?> LoadAsync(string key, Entry entry)
    {
        var started = clock.GetTimestamp();
        try
        {
            var value = await load(key, CancellationToken.None);
            entry.Accept(value, started);
            outage.End();
            return value;
        }
        catch (StorageException) when (entry.IsUsable(clock))
        {
            entry.Postpone(clock);
            return entry.Value;
        }
    }

    // Misses go first: a flood of invented names must not displace the names in use.
    private void Trim()
    {
        foreach (var pair in _entries)
        {
            if (!pair.Value.IsUsable(clock))
            {
                _entries.TryRemove(pair);
            }
        }

        var excess = _entries.Count - (capacity - (capacity / 8));
        foreach (var pair in _entries.Take(Math.Max(excess, 0)))
        {
            _entries.TryRemove(pair);
        }
    }

    private sealed class Entry
    {
        private readonly Lock _gate = new();
        private Task<T?>? _loading;
        private long _begunAt;
        private long _loadedAt;
        private long _checkedAt;
        private bool _loaded;

        public T? Value { get; private set; }

        public bool IsLoading => _loading is { IsCompleted: false };

        public bool IsFresh(TimeProvider clock)
        {
            lock (_gate)
            {
                return _loaded && clock.GetElapsedTime(_checkedAt) < Fresh && clock.GetElapsedTime(_loadedAt) < Usable;
            }
        }

        public bool IsUsable(TimeProvider clock)
        {
            lock (_gate)
            {
                return _loaded && Value is not null && clock.GetElapsedTime(_loadedAt) < Usable;
            }
        }

        public Task<T?> BeginAsync(TimeProvider clock, Func<Task<T?>> start)
        {
            lock (_gate)
            {
                if (IsLoading && clock.GetElapsedTime(_begunAt) < s_longestLoad)
                {
                    return _loading!;
                }

                _begunAt = clock.GetTimestamp();
                return _loading = start();
            }
        }

        public void Accept(T? value, long started)
        {
            lock (_gate)
            {
                // One that hung may come after another.
                if (!_loaded || started >= _loadedAt)
                {
                    (Value, _loadedAt, _checkedAt, _loaded) = (value, started, started, true);
                }
            }
        }

        public void Postpone(TimeProvider clock)
        {
            lock (_gate)
            {
                _checkedAt = clock.GetTimestamp();
            }
        }
    }
}
