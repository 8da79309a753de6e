using System.Numerics;

namespace Stagedoor.Tracing.Model;

/// <summary>
/// How long calls took: counts in buckets from a microsecond to an hour, each 2^(1/8) times as wide as the one before, so that a percentile is at most 4.5 % off.
/// Histograms of several minutes or instances add up. Not safe for several callers at a time.
/// </summary>
internal sealed class LatencyHistogram
{
    /// <summary>How many buckets there are at most.</summary>
    public const int Buckets = 254;

    private const int PerDoubling = 8;

    private static readonly long[] s_bounds = [.. Enumerable.Range(0, Buckets).Select(static i => (long)Math.Ceiling(Math.Pow(2, i / (double)PerDoubling)))];

    // Those between the fastest and the slowest that were counted.
    private long[] _counts = [];
    private int _first;

    /// <summary>How many calls were counted.</summary>
    public long Total { get; private set; }

    /// <summary>The longest, in microseconds.</summary>
    public long Max { get; private set; }

    /// <summary>Counts a call.</summary>
    /// <param name="latency">How long it took, in microseconds.</param>
    public void Add(long latency) => Add(latency, BucketOf(latency));

    /// <summary>Counts a call whose bucket (<see cref="BucketOf"/>) is known.</summary>
    public void Add(long latency, int bucket)
    {
        Count(bucket, 1);
        Max = Math.Max(Max, latency);
    }

    /// <summary>Counts all that another one has counted.</summary>
    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < other._counts.Length; i++)
        {
            if (other._counts[i] > 0)
            {
                Count(other._first + i, other._counts[i]);
            }
        }

        Max = Math.Max(Max, other.Max);
    }

    /// <summary>The latency that so much of all calls do not exceed (nearest rank), in microseconds: the middle of its bucket, and never more than the longest.</summary>
    /// <param name="quantile">Above 0, at most 1.</param>
    public long Percentile(double quantile)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(quantile * Total));
        var seen = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank)
            {
                return Math.Min(Max, (long)Math.Round(Math.Pow(2, (_first + i + 0.5) / PerDoubling)));
            }
        }

        return Max;
    }

    /// <summary>How many calls took less than 2 to this power microseconds.</summary>
    public long Below(int exponent)
    {
        var calls = 0L;
        for (var i = 0; i < _counts.Length && _first + i < exponent * PerDoubling; i++)
        {
            calls += _counts[i];
        }

        return calls;
    }

    /// <summary>Writes it.</summary>
    public void Write(AggregateWriter writer)
    {
        writer.Number(Max);
        writer.Number(_first);
        writer.Number(_counts.Length);
        foreach (var calls in _counts)
        {
            writer.Number(calls);
        }
    }

    /// <summary>Reads into an empty one what was written.</summary>
    /// <exception cref="InvalidDataException">It was not written by <see cref="Write"/>.</exception>
    public void Read(ref AggregateReader reader)
    {
        Max = reader.Number();
        var (first, length) = (reader.Number(), reader.Number());
        if (first + length > Buckets)
        {
            throw new InvalidDataException("A histogram has more buckets than there are.");
        }

        (_first, _counts) = ((int)first, new long[length]);
        for (var i = 0; i < length; i++)
        {
            _counts[i] = reader.Number();
            Total += _counts[i];
        }
    }

    /// <summary>The bucket that counts a latency.</summary>
    internal static int BucketOf(long latency)
    {
        // The first bucket of the doubling that it is in is near. Among the shortest several begin at the same microsecond: the last of them counts.
        latency = Math.Max(1, latency);
        var found = Math.Min(BitOperations.Log2((ulong)latency) * PerDoubling, Buckets - 1);
        while (found + 1 < Buckets && s_bounds[found + 1] <= latency)
        {
            found++;
        }

        return found;
    }

    private void Count(int bucket, long calls)
    {
        if (_counts.Length == 0)
        {
            (_counts, _first) = (new long[PerDoubling], Math.Min(bucket, Buckets - PerDoubling));
        }
        else if (bucket < _first || bucket >= _first + _counts.Length)
        {
            var first = Math.Min(bucket, _first);
            var grown = new long[Math.Max(bucket + 1, _first + _counts.Length) - first];
            _counts.CopyTo(grown, _first - first);
            (_counts, _first) = (grown, first);
        }

        _counts[bucket - _first] += calls;
        Total += calls;
    }
}
