using Stagedoor.Tracing.Model;

namespace Stagedoor.Tracing.Queries;

/// <summary>What measures say in answers. Latencies in microseconds.</summary>
internal sealed record MeasureView(
    long Calls, long Errors, double ErrorRate, double Tps, long AvgLatency, long Tp50, long Tp95, long Tp99, long MaxLatency, double? Apdex, string Color)
{
    private const double Half = 0.5;
    private const double Most = 0.95;
    private const double Nearly = 0.99;

    /// <summary>What was measured in so many seconds.</summary>
    /// <param name="red">The measures; null when nothing was.</param>
    /// <param name="seconds">How long the window is.</param>
    /// <param name="apdex">How content callers are.</param>
    public static MeasureView Of(Red? red, double seconds, Apdex apdex) => red is null || red.Calls == 0
        ? new(0, 0, 0, 0, 0, 0, 0, 0, 0, null, "gray")
        : new(
            red.Calls,
            red.Errors,
            Math.Round(red.Errors / (double)red.Calls, 4),
            Math.Round(red.Calls / seconds, 4),
            red.Sum / red.Calls,
            red.Latencies.Percentile(Half),
            red.Latencies.Percentile(Most),
            red.Latencies.Percentile(Nearly),
            red.Latencies.Max,
            apdex.Score is { } score ? Math.Round(score, 2) : null,
            apdex.Color);
}
