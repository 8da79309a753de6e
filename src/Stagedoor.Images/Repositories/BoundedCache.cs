using System.Collections.Concurrent;

namespace Stagedoor.Images.Repositories;

/// <summary>Remembers things for a moment, in at most so many bytes whoever chooses the keys. When they do not fit any more, all are forgotten.</summary>
/// <param name="maxBytes">The bytes.</param>
/// <param name="sizeOf">About how many of them one thing with its key takes; always the same for the same.</param>
internal class BoundedCache<TKey, TValue>(long maxBytes, Func<TKey, TValue, long> sizeOf)
    where TKey : notnull
    where TValue : class
{
    private readonly Lock _writing = new();
    private long _bytes;

    public long Bytes => Volatile.Read(ref _bytes);

    public int Count => Entries.Count;

    /// <summary>To look into without waiting.</summary>
    protected ConcurrentDictionary<TKey, TValue> Entries { get; init; } = new();

    public TValue? Find(TKey key) => Entries.GetValueOrDefault(key);

    public void Keep(TKey key, TValue value)
    {
        var size = sizeOf(key, value);
        lock (_writing)
        {
            Remove(key);
            if (_bytes + size > maxBytes)
            {
                // They live for a moment only, so that this costs no more than the moment passing.
                Entries.Clear();
                _bytes = 0;
            }

            if (size <= maxBytes)
            {
                Entries[key] = value;
                _bytes += size;
            }
        }
    }

    public void Forget(TKey key)
    {
        lock (_writing)
        {
            Remove(key);
        }
    }

    /// <summary>Forgets those whose moment is over, so that they take no memory while nobody asks.</summary>
    public void Sweep(Predicate<TValue> isOver)
    {
        foreach (var (key, value) in Entries)
        {
            if (isOver(value))
            {
                Forget(key);
            }
        }
    }

    private void Remove(TKey key)
    {
        if (Entries.TryRemove(key, out var old))
        {
            _bytes -= sizeOf(key, old);
        }
    }
}
