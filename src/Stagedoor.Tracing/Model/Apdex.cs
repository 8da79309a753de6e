using System.Runtime.InteropServices;

namespace Stagedoor.Tracing.Model;

/// <summary>How content callers are: satisfied within a threshold, tolerating within four of it, and frustrated by whatever took longer or failed.</summary>
/// <param name="Satisfied">Calls within the threshold.</param>
/// <param name="Tolerating">Calls within four times the threshold.</param>
/// <param name="Total">All calls.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Apdex(long Satisfied, long Tolerating, long Total)
{
    /// <summary>The threshold of services and edges, in microseconds.</summary>
    public const long ServiceThreshold = 100_000;

    /// <summary>The threshold of transactions, in microseconds.</summary>
    public const long TransactionThreshold = 500_000;

    /// <summary>From 0, nobody is content, to 1; null without calls. Not rounded.</summary>
    public double? Score => Total == 0 ? null : (Satisfied + (Tolerating / 2.0)) / Total;

    /// <summary>The colour that it is shown in.</summary>
    public string Color => Score switch
    {
        null => "gray",
        >= 0.75 => "green",
        >= 0.3 => "yellow",
        _ => "red",
    };

    /// <summary>With one call more.</summary>
    /// <param name="latency">How long it took, in microseconds.</param>
    /// <param name="failed">Whether it failed.</param>
    /// <param name="threshold">The threshold, in microseconds.</param>
    public Apdex With(long latency, bool failed, long threshold) => new(
        Satisfied + (!failed && latency <= threshold ? 1 : 0),
        Tolerating + (!failed && latency > threshold && latency <= 4 * threshold ? 1 : 0),
        Total + 1);

    public static Apdex operator +(Apdex left, Apdex right) => new(left.Satisfied + right.Satisfied, left.Tolerating + right.Tolerating, left.Total + right.Total);
}
