namespace Stagedoor.Iam;

/// <summary>
/// Remembers that the directory does not answer, so that only the first call waits to find that out. While it lasts somebody looks twice a
/// second whether it is over, and nobody waits for that.
/// </summary>
internal sealed class DirectoryOutage(TimeProvider clock)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);
    private volatile bool _isKnown;
    private long _lookedAt;

    public bool IsKnown => _isKnown;

    /// <summary>The directory was waited for in vain.</summary>
    public void Begin()
    {
        Volatile.Write(ref _lookedAt, clock.GetTimestamp());
        _isKnown = true;
    }

    /// <summary>It has answered.</summary>
    public void End() => _isKnown = false;

    /// <summary>Whether it is the caller's turn to look whether it answers again.</summary>
    public bool IsTimeToLook()
    {
        var lookedAt = Volatile.Read(ref _lookedAt);
        return clock.GetElapsedTime(lookedAt) >= s_interval && Interlocked.CompareExchange(ref _lookedAt, clock.GetTimestamp(), lookedAt) == lookedAt;
    }
}
