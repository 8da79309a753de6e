using System.Diagnostics;
using System.Diagnostics.Metrics;
using Stagedoor.Serve;

namespace Stagedoor.Operations;

/// <summary>What the operating system and the runtime say of this process.</summary>
/// <remarks>
/// The names of the operating system's are those of Prometheus' own clients. The runtime's meter <c>System.Runtime</c> is not exported: some of what it
/// calls counters falls (threads of the pool, its queue), and a server takes a fall of a counter for a restart.
/// </remarks>
internal static class ProcessGauges
{
    internal static void Add(Meter meter)
    {
        meter.CreateObservableGauge("process.resident_memory", static () => Of(static p => p.WorkingSet64), "By", "Resident memory.");
        meter.CreateObservableCounter("process.cpu", static () => Of(static p => p.TotalProcessorTime.TotalSeconds), "s", "Processor time of user and system.");
        meter.CreateObservableGauge(
            "process.start_time",
            static () => Of(static p => ((DateTimeOffset)p.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1_000d),
            "s",
            "When the process was started, as Unix time.");
        meter.CreateObservableGauge("process.open_fds", static () => Some(ProcessLimits.FindDescriptorCount()), "{descriptor}", "File descriptors that are open.");
        meter.CreateObservableGauge("process.max_fds", static () => Some(ProcessLimits.FindDescriptorLimit()), "{descriptor}", "File descriptors that may be open.");
        meter.CreateObservableGauge("dotnet.gc.heap", static () => GC.GetGCMemoryInfo().HeapSizeBytes, "By", "Managed heap after the last collection.");
        meter.CreateObservableCounter("dotnet.gc.allocated", static () => GC.GetTotalAllocatedBytes(), "By", "Managed memory that was ever allocated.");
        meter.CreateObservableCounter("dotnet.gc.collections", Collections, "{collection}", "Collections of the managed heap; one of a generation collects the younger ones as well.");
        meter.CreateObservableCounter("dotnet.gc.pause", static () => GC.GetTotalPauseDuration().TotalSeconds, "s", "Time for which collections have stopped everything.");
        meter.CreateObservableGauge("dotnet.threadpool.threads", static () => ThreadPool.ThreadCount, "{thread}", "Threads of the pool.");
        meter.CreateObservableGauge("dotnet.threadpool.queue", static () => ThreadPool.PendingWorkItemCount, "{item}", "What waits for a thread of the pool.");
        meter.CreateObservableCounter("dotnet.lock_contentions", static () => Monitor.LockContentionCount, "{contention}", "How often a thread had to wait for a lock.");
        meter.CreateObservableGauge(
            "stagedoor.memory.limit",
            static () => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            "By",
            "Memory that the process may use: the limit of its container, else what the machine has.");
        meter.CreateObservableGauge(
            "stagedoor.build.info",
            static () => new Measurement<int>(1, new KeyValuePair<string, object?>("version", Build.Version), new("commit", Build.Commit)),
            "1",
            "Always 1; the labels say which build runs.");
    }

    private static IEnumerable<Measurement<int>> Collections() => Enumerable.Range(0, GC.MaxGeneration + 1)
        .Select(static generation => new Measurement<int>(GC.CollectionCount(generation), new KeyValuePair<string, object?>("generation", generation)));

    private static T Of<T>(Func<Process, T> value)
    {
        using var process = Process.GetCurrentProcess();
        return value(process);
    }

    private static Measurement<long>[] Some(long? value) => value is { } known ? [new(known)] : [];
}
