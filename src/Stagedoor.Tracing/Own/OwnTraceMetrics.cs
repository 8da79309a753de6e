using System.Diagnostics.Metrics;

namespace Stagedoor.Tracing.Own;

/// <summary>What is measured of the server's own traces. Every series is there from the start, at zero.</summary>
internal sealed class OwnTraceMetrics
{
    private static readonly string[] s_reasons = ["nobody", "queue", "rate"];

    private readonly long[] _dropped = new long[s_reasons.Length];
    private long _kept;
    private long _exported;
    private long _notExported;

    public OwnTraceMetrics(IMeterFactory factory)
    {
#pragma warning disable CA2000 // The factory owns its meters.
        var meter = factory.Create("Stagedoor");
#pragma warning restore CA2000
        meter.CreateObservableCounter("stagedoor.tracing.own.spans", () => Volatile.Read(ref _kept), "{span}", "Spans of this process's own requests and jobs that were kept.");
        meter.CreateObservableCounter(
            "stagedoor.tracing.own.dropped",
            () => s_reasons.Select((reason, i) => new Measurement<long>(Volatile.Read(ref _dropped[i]), new KeyValuePair<string, object?>("reason", reason))),
            "{trace}",
            "Own requests and jobs that were worth keeping and were not kept: more came than a second may have (rate) or than can wait (queue), or there was no account yet (nobody).");
        meter.CreateObservableCounter(
            "stagedoor.tracing.own.exported",
            () => (Measurement<long>[])[new(Volatile.Read(ref _exported), new KeyValuePair<string, object?>("result", "sent")), new(Volatile.Read(ref _notExported), new KeyValuePair<string, object?>("result", "dropped"))],
            "{span}",
            "Own spans that the collector of Tracing:Own:Export took (sent), or did not (dropped).");
    }

    public void Kept(int spans) => Interlocked.Add(ref _kept, spans);

    public void Dropped(string reason) => Interlocked.Increment(ref _dropped[Array.IndexOf(s_reasons, reason)]);

    public void Exported(int spans) => Interlocked.Add(ref _exported, spans);

    public void NotExported(int spans) => Interlocked.Add(ref _notExported, spans);
}
