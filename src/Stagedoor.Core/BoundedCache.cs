using System.Collections.Concurrent;

namespace Stagedoor;

/// <summary>
/// Remembers things for a while, in a bounded amount of memory whoever chooses the keys. When it is full, what was not asked for again since it came
/// goes before what was: things that are in use are not displaced by many that are asked for once.
/// </summary>
/// <remarks>
/// The order is that of SIEVE (Zhang and others, NSDI 2024): a queue, and a hand that goes through it from the oldest, spares once what was found
/// since it last came by, and takes the rest. So finding something writes no more than one flag, and needs no lock. What is over is taken first.
/// </remarks>
public sealed class BoundedCache<TKey, TValue>
    where TKey : notnull
    where TValue : class
{
    private readonly ConcurrentDictionary<TKey, Entry> _entries;
    private readonly Lock _writing = new();
    private readonly CacheGeneration _generation;
    private readonly long _capacity;
    private readonly TimeSpan _age;
    private readonly Func<TKey, TValue, long> _sizeOf;
    private readonly Action<TValue>? _dropped;
    private Entry? _newest;
    private Entry? _oldest;
    private Entry? _hand;
    private long _size;

    /// <param name="generation">What its entries belong to, and their clock. Several caches can have one.</param>
    /// <param name="capacity">The most that all entries may measure.</param>
    /// <param name="age">How long an entry counts.</param>
    /// <param name="sizeOf">What an entry measures, always the same for the same; 1 when it is not given, so that entries are counted.</param>
    /// <param name="keys">How keys are compared.</param>
    /// <param name="dropped">Is told what goes without having been taken out.</param>
    public BoundedCache(
        CacheGeneration generation,
        long capacity,
        TimeSpan age,
        Func<TKey, TValue, long>? sizeOf = null,
        IEqualityComparer<TKey>? keys = null,
        Action<TValue>? dropped = null)
    {
        (_generation, _capacity, _age, _dropped) = (generation, capacity, age, dropped);
        _sizeOf = sizeOf ?? (static (_, _) => 1);
        _entries = new(keys);
    }

    /// <summary>What all entries measure.</summary>
    public long Size => Volatile.Read(ref _size);

    public int Count => _entries.Count;

    /// <summary>The value, unless it is unknown or over.</summary>
    public TValue? Find(TKey key) => _entries.TryGetValue(key, out var entry) ? Use(entry) : null;

    /// <summary>The same for a part of a text or the like, without making a key of it.</summary>
    public TValue? Find<TAlternate>(TAlternate key)
        where TAlternate : notnull, allows ref struct =>
        _entries.GetAlternateLookup<TAlternate>().TryGetValue(key, out var entry) ? Use(entry) : null;

    /// <summary>To be called before what will be kept is read: a change that comes in between ends it before it counts.</summary>
    public CacheReading Begin() => _generation.Begin();

    public void Keep(TKey key, TValue value) => Keep(key, value, Begin());

    public void Keep(TKey key, TValue value, CacheReading reading)
    {
        var added = new Entry(key, value, reading, _sizeOf(key, value));
        lock (_writing)
        {
            if (_entries.TryGetValue(key, out var old))
            {
                // What is read anew because it was over is still in use.
                added.IsUsed = old.IsUsed;
                Remove(old);
            }

            if (added.Size > _capacity)
            {
                _dropped?.Invoke(value);
                return;
            }

            while (_size + added.Size > _capacity)
            {
                Evict();
            }

            Add(added);
        }
    }

    public void Forget(TKey key)
    {
        lock (_writing)
        {
            if (_entries.TryGetValue(key, out var entry))
            {
                Remove(entry);
            }
        }
    }

    /// <summary>Takes the value out, for whoever is the only one to have it.</summary>
    public TValue? Take(TKey key)
    {
        lock (_writing)
        {
            if (!_entries.TryGetValue(key, out var entry))
            {
                return null;
            }

            var isOver = IsOver(entry);
            Remove(entry, drops: isOver);
            return isOver ? null : entry.Value;
        }
    }

    /// <summary>Forgets what is over, so that it takes no memory while nobody asks.</summary>
    public void Sweep()
    {
        foreach (var (_, entry) in _entries)
        {
            if (IsOver(entry))
            {
                lock (_writing)
                {
                    if (_entries.TryGetValue(entry.Key, out var now) && ReferenceEquals(now, entry))
                    {
                        Remove(entry);
                    }
                }
            }
        }
    }

    private TValue? Use(Entry entry)
    {
        if (IsOver(entry))
        {
            return null;
        }

        // Only once: a line of memory that many read is not written to by each.
        if (!entry.IsUsed)
        {
            entry.IsUsed = true;
        }

        return entry.Value;
    }

    private bool IsOver(Entry entry) => !_generation.IsFresh(entry.Reading, _age);

    private void Evict()
    {
        var entry = _hand ?? _oldest!;
        while (entry.IsUsed && !IsOver(entry))
        {
            entry.IsUsed = false;
            entry = entry.Newer ?? _oldest!;
        }

        _hand = entry;
        Remove(entry);
    }

    private void Add(Entry entry)
    {
        _entries[entry.Key] = entry;
        _size += entry.Size;
        entry.Older = _newest;
        if (_newest is null)
        {
            _oldest = entry;
        }
        else
        {
            _newest.Newer = entry;
        }

        _newest = entry;
    }

    private void Remove(Entry entry, bool drops = true)
    {
        _entries.TryRemove(new(entry.Key, entry));
        _size -= entry.Size;
        if (ReferenceEquals(_hand, entry))
        {
            _hand = entry.Newer;
        }

        if (entry.Older is null)
        {
            _oldest = entry.Newer;
        }
        else
        {
            entry.Older.Newer = entry.Newer;
        }

        if (entry.Newer is null)
        {
            _newest = entry.Older;
        }
        else
        {
            entry.Newer.Older = entry.Older;
        }

        if (drops)
        {
            _dropped?.Invoke(entry.Value);
        }
    }

    private sealed class Entry(TKey key, TValue value, CacheReading reading, long size)
    {
        public volatile bool IsUsed;

        public TKey Key => key;

        public TValue Value => value;

        public CacheReading Reading => reading;

        public long Size => size;

        public Entry? Older { get; set; }

        public Entry? Newer { get; set; }
    }
}
