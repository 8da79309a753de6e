namespace Stagedoor;

/// <summary>
/// Lets those who ask for the same thing at the same moment share a reading, each as fresh as one of its own: whoever comes while a reading is under
/// way waits for the next one, which begins when that one has ended. So however many ask, there is one reading of a thing at a time.
/// </summary>
/// <remarks>
/// For everybody at once. A reading goes on when those who wait for it give up; its fault is everybody's who shares it.
/// </remarks>
/// <param name="keys">How keys are compared.</param>
public sealed class SharedReads<TKey, TValue>(IEqualityComparer<TKey>? keys = null)
    where TKey : notnull
{
    private readonly Lock _changing = new();
    private readonly Dictionary<TKey, Pair> _pairs = new(keys);

    /// <summary>How many things are being read.</summary>
    public int Count
    {
        get
        {
            lock (_changing)
            {
                return _pairs.Count;
            }
        }
    }

    /// <summary>What a reading finds that begins after this is called.</summary>
    /// <param name="key">What is asked for.</param>
    /// <param name="read">Reads it. It has to end by itself: nobody's giving up ends it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public Task<TValue> ReadAsync(TKey key, Func<CancellationToken, Task<TValue>> read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(read);
        Task<TValue> reading;
        lock (_changing)
        {
            if (!_pairs.TryGetValue(key, out var pair))
            {
                pair = new();
                _pairs.Add(key, pair);
                reading = pair.Running = RunAsync(key, pair, read, after: null);
            }
            else
            {
                // The running one may have looked before what this caller has heard of.
                reading = pair.Next ??= RunAsync(key, pair, read, pair.Running);
            }
        }

        return reading.WaitAsync(cancellationToken);
    }

    private async Task<TValue> RunAsync(TKey key, Pair pair, Func<CancellationToken, Task<TValue>> read, Task? after)
    {
        if (after is null)
        {
            // Not under the lock of whoever has begun it.
            await Task.Yield();
        }
        else
        {
            await after.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        }

        try
        {
            return await read(CancellationToken.None);
        }
        finally
        {
            lock (_changing)
            {
                if (pair.Next is { } next)
                {
                    (pair.Running, pair.Next) = (next, null);
                }
                else
                {
                    _pairs.Remove(key);
                }
            }
        }
    }

    private sealed class Pair
    {
        public Task<TValue> Running { get; set; } = null!;

        public Task<TValue>? Next { get; set; }
    }
}
