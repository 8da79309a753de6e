namespace Stagedoor.Tracing.Store;

/// <summary>Which requests were kept within the last ten minutes, at most a million of them. For any number of threads.</summary>
internal sealed class RecentRequests
{
    private const int Most = 1_000_000;

    private static readonly long s_ageMilliseconds = (long)TimeSpan.FromMinutes(10).TotalMilliseconds;

    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, Task> _known = [];
    private readonly Queue<(UInt128 Digest, long At)> _order = new();

    /// <summary>Begins to keep a request; false when one with the same bytes is kept or being kept.</summary>
    /// <param name="digest">Of its bytes.</param>
    /// <param name="kept">Completes when it is kept, fails when it is not.</param>
    /// <param name="at">Now, in milliseconds.</param>
    /// <param name="earlier">The other one.</param>
    public bool TryEnter(UInt128 digest, Task kept, long at, out Task earlier)
    {
        lock (_gate)
        {
            while (_order.TryPeek(out var oldest) && (at - oldest.At >= s_ageMilliseconds || _order.Count > Most))
            {
                _order.Dequeue();
                _known.Remove(oldest.Digest);
            }

            var isKnown = _known.TryGetValue(digest, out var known);
            earlier = known ?? kept;
            if (known is { IsFaulted: false, IsCanceled: false })
            {
                return false;
            }

            _known[digest] = kept;
            if (!isKnown)
            {
                _order.Enqueue((digest, at));
            }

            return true;
        }
    }
}
