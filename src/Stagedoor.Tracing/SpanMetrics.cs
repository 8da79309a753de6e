using System.Diagnostics.Metrics;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing;

/// <summary>What is measured of the store of spans.</summary>
internal sealed class SpanMetrics
{
    public SpanMetrics(ITraceStore store, IMeterFactory factory)
    {
#pragma warning disable CA2000 // The factory owns its meters.
        factory.Create("Stagedoor").CreateObservableCounter(
#pragma warning restore CA2000
            "stagedoor.tracing.lost",
            () => store.Facts.SpansLost,
            "{span}",
            "Spans that were acknowledged while they waited, as Tracing:Acknowledge=queued has it, and could not be written.");
    }
}
