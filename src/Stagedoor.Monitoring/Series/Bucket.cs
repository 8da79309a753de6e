using System.Runtime.InteropServices;

namespace Stagedoor.Monitoring.Series;

/// <summary>What is kept of one interface for one slot. Small: there are hundreds of thousands.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Bucket(int Slot, float Qps, float Weight, float Latency, float FailureRate, float P99, bool IsOpen);
