using System.Runtime.InteropServices;

namespace Stagedoor.Tracing.Queries;

/// <summary>Whole minutes that a time is in.</summary>
/// <param name="From">The first, since the Unix epoch.</param>
/// <param name="Until">The one behind the last.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct MinuteWindow(long From, long Until)
{
    /// <summary>How long a minute is.</summary>
    public const long Milliseconds = 60_000;

    /// <summary>How long it is.</summary>
    public double Seconds => (Until - From) * 60.0;

    /// <summary>When it begins, in nanoseconds since the Unix epoch.</summary>
    public ulong StartNanos => Nanoseconds(From);

    /// <summary>When it is over, in nanoseconds since the Unix epoch.</summary>
    public ulong EndNanos => Nanoseconds(Until);

    /// <summary>The minutes of the window that a query asks for.</summary>
    public static MinuteWindow Of(ApmQuery query)
    {
        var (start, end) = query.Window();
        return new(start / Milliseconds, ((end - 1) / Milliseconds) + 1);
    }

    // What is later than any span counts as never.
    private static ulong Nanoseconds(long minute) => (ulong)minute > ulong.MaxValue / 60_000_000_000 ? ulong.MaxValue : (ulong)minute * 60_000_000_000;
}
