using Stagedoor.Monitoring.Reports;
using Stagedoor.Monitoring.Series;

namespace Stagedoor.Monitoring.Rollups;

/// <summary>One minute of one instance on one side of its calls.</summary>
/// <param name="Key">Whose it is.</param>
/// <param name="Level">Provider or Consumer.</param>
/// <param name="Minute">The minute's beginning in Unix milliseconds.</param>
/// <param name="Slots">How many slots of it were told.</param>
/// <param name="QpsSum">Requests per second, added up over the slots.</param>
/// <param name="Weight">What the means are weighted by.</param>
/// <param name="LatencySum">Weighted latencies.</param>
/// <param name="FailureSum">Weighted failure rates.</param>
/// <param name="P99">The greatest.</param>
/// <param name="IsOpen">Whether a breaker was open at any time.</param>
internal sealed record RollupRow(
    InstanceKey Key,
    InterfaceKind Level,
    long Minute,
    long Slots,
    double QpsSum,
    double Weight,
    double LatencySum,
    double FailureSum,
    double P99,
    bool IsOpen)
{
    public const long Milliseconds = 60_000;

    /// <summary>The minute as the memory has it; null when nothing was told.</summary>
    public static RollupRow? Of(InstanceMetrics instance, InterfaceKind level, long minute)
    {
        var slots = new SlotSum[Slot.PerMinute];
        var first = Slot.Of(minute);
        instance.VisitSeries(row =>
        {
            if (row.Kind != level)
            {
                return;
            }

            for (var i = 0; i < slots.Length; i++)
            {
                if (row.Find(first + i) is { Slot: > 0 } bucket)
                {
                    slots[i].Add(bucket);
                }
            }
        });

        var (told, qps, weight, latency, failures, p99, isOpen) = (0L, 0d, 0d, 0d, 0d, 0d, false);
        foreach (var slot in slots)
        {
            if (slot.IsTold)
            {
                told++;
                qps += slot.Qps;
                weight += slot.Weight;
                latency += slot.Latency;
                failures += slot.Failures;
                p99 = Math.Max(p99, slot.P99);
                isOpen |= slot.IsOpen;
            }
        }

        return told == 0 ? null : new(instance.Key, level, minute, told, qps, weight, latency, failures, p99, isOpen);
    }
}

/// <summary>One minute of everything that a question is about.</summary>
internal sealed class RolledUpMinute
{
    /// <summary>The minute's beginning in Unix milliseconds.</summary>
    public long Minute { get; init; }

    public double Qps { get; init; }

    /// <summary>What the means are weighted by.</summary>
    public double Weight { get; init; }

    public double LatencySum { get; init; }

    public double FailureSum { get; init; }

    public double P99 { get; init; }

    /// <summary>How many slots of it were told.</summary>
    public long Slots { get; init; }

    /// <summary>1 when a breaker was open at any time.</summary>
    public long BreakerOpen { get; init; }
}
