namespace Stagedoor.Identity;

/// <summary>
/// Counts requests within one second of the clock. Exact under concurrency: second and count change together. The framework's limiters tell neither
/// how many more fit, which is a header of each answer, nor take back what a stranger used, nor follow a clock that tests move.
/// </summary>
public sealed class RateWindow(int limit)
{
    private const int CountBits = 24;
    private const long CountMask = (1L << CountBits) - 1;

    private long _state;

    public int Limit => limit;

    /// <summary>The second of the last request that counted.</summary>
    public long Second => Volatile.Read(ref _state) >> CountBits;

    /// <summary>Gives back what was taken at <paramref name="second"/>, while it is still that second.</summary>
    public void GiveBack(long second)
    {
        while (true)
        {
            var seen = Volatile.Read(ref _state);
            if (seen >> CountBits != second || (seen & CountMask) == 0 || Interlocked.CompareExchange(ref _state, seen - 1, seen) == seen)
            {
                return;
            }
        }
    }

    /// <summary>Counts a request at <paramref name="second"/>; how many more fit, or -1 when this one does not.</summary>
    public int Take(long second)
    {
        while (true)
        {
            var seen = Volatile.Read(ref _state);
            var current = seen >> CountBits;
            // A thread that read the clock just before the second ended counts in the window that others have begun. A clock that is
            // further behind has been set back, and counts anew.
            var at = current > second && current - second <= 2 ? current : second;
            var count = current == at ? seen & CountMask : 0;
            if (count >= limit)
            {
                return -1;
            }

            if (Interlocked.CompareExchange(ref _state, (at << CountBits) | (count + 1), seen) == seen)
            {
                return limit - (int)count - 1;
            }
        }
    }
}
