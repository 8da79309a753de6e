using System.Runtime.InteropServices;

namespace Stagedoor;

/// <summary>What entries of caches belong to. When it ends, none of them counts any more.</summary>
/// <param name="clock">The clock by which entries age.</param>
public sealed class CacheGeneration(TimeProvider clock)
{
    private long _number;

    /// <summary>Ends it.</summary>
    public void End() => Interlocked.Increment(ref _number);

    /// <summary>The moment of now, to be put on what is read after it.</summary>
    public CacheReading Begin() => new(clock.GetTimestamp(), Volatile.Read(ref _number));

    /// <summary>Whether what was read then still counts. A clock that was set back ends it too.</summary>
    public bool IsFresh(CacheReading reading, TimeSpan age) =>
        reading.Generation == Volatile.Read(ref _number)
        && (age == Timeout.InfiniteTimeSpan || (clock.GetElapsedTime(reading.At) is var passed && passed >= TimeSpan.Zero && passed < age));
}

/// <summary>The moment before something was read.</summary>
/// <param name="At">When, on the clock's own scale.</param>
/// <param name="Generation">The generation of then.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct CacheReading(long At, long Generation);
