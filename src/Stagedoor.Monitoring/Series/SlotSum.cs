using System.Runtime.InteropServices;

namespace Stagedoor.Monitoring.Series;

/// <summary>Buckets of one time, of any number of interfaces, taken together.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct SlotSum
{
    /// <summary>Whether there is anything in it.</summary>
    public bool IsTold { get; private set; }

    public double Qps { get; private set; }

    public double Weight { get; private set; }

    public double Latency { get; private set; }

    public double Failures { get; private set; }

    public double P99 { get; private set; }

    public bool IsOpen { get; private set; }

    public void Add(in Bucket bucket)
    {
        IsTold = true;
        Qps += bucket.Qps;
        Weight += bucket.Weight;
        Latency += (double)bucket.Weight * bucket.Latency;
        Failures += (double)bucket.Weight * bucket.FailureRate;
        P99 = Math.Max(P99, bucket.P99);
        IsOpen |= bucket.IsOpen;
    }
}
