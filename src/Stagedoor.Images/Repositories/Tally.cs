using System.Collections.Concurrent;
using Stagedoor.Images.Manifests;

namespace Stagedoor.Images.Repositories;

/// <summary>Counts things by their ids, whoever counts at the same time.</summary>
internal sealed class Tally
{
    // So far below nothing that no number of counts leads out of it.
    private const long Ended = long.MinValue / 2;

    private readonly ConcurrentDictionary<long, StrongCounter> _counters = new();

    /// <summary>For how many things there is a counter.</summary>
    public int Counted => _counters.Count;

    public void Add(long id, long count)
    {
        StrongCounter counter;
        do
        {
            // Taken away this very moment: its successor counts.
            if (!_counters.TryGetValue(id, out counter!))
            {
                counter = _counters.GetOrAdd(id, static _ => new());
            }
        }
        while (Interlocked.Add(ref counter.Value, count) < 0);
    }

    /// <summary>Takes out what has been counted.</summary>
    public List<KeyValuePair<long, long>> Take()
    {
        var pending = new List<KeyValuePair<long, long>>();
        foreach (var (id, counter) in _counters)
        {
            if (Take(counter) is > 0 and var count)
            {
                pending.Add(new(id, count));
            }
            else if (Interlocked.CompareExchange(ref counter.Value, Ended, 0) == 0)
            {
                // Nobody has counted since the last time, and the thing may be gone.
                _counters.TryRemove(new(id, counter));
            }
        }

        return pending;
    }

    /// <summary>Puts back what was taken out.</summary>
    public void Return(List<KeyValuePair<long, long>> counts) => counts.ForEach(c => Add(c.Key, c.Value));

    private static long Take(StrongCounter counter)
    {
        long count;
        do
        {
            count = Volatile.Read(ref counter.Value);
        }
        while (count > 0 && Interlocked.CompareExchange(ref counter.Value, 0, count) != count);

        return count;
    }
}
