using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Stagedoor.Tracing.Ingest;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing;

/// <summary>How the store of spans and what is made of them are, as instruments of the process's own meter, so that <c>/metrics</c> has them.</summary>
internal sealed class TraceGauges(ITraceStore store, TraceModel model, SpanReception reception, TimeProvider clock, IMeterFactory factory) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // The factory owns its meters.
        var meter = factory.Create("Stagedoor");
#pragma warning restore CA2000
        meter.CreateObservableGauge("stagedoor.tracing.ingest.in_flight", () => reception.Budget.Used, "By", "Bytes of requests with spans that are in memory; Tracing:MaxBytesInFlight bounds them.");
        meter.CreateObservableGauge("stagedoor.tracing.ingest.queue", () => store.Facts.BytesWaiting, "By", "Bytes of spans that wait to be written.");
        meter.CreateObservableGauge("stagedoor.tracing.storage", () => store.Facts.BytesStored, "By", "Bytes that spans take where they are kept.");
        meter.CreateObservableGauge("stagedoor.tracing.storage.spans", () => store.Facts.SpansStored, "{span}", "Spans that are kept; copies of one count each.");
        meter.CreateObservableGauge("stagedoor.tracing.storage.problems", () => store.Facts.Problems.Count, "{problem}", "Parts of the store that are damaged, and what cannot be written: /readyz and the log name them.");
        meter.CreateObservableGauge("stagedoor.tracing.storage.oldest", Oldest, "s", "How long ago the oldest day with spans began; 0 without spans.");
        meter.CreateObservableGauge("stagedoor.tracing.topology.pending", () => model.Pending, "{span}", "Spans that wait for the other half of their call.");
        meter.CreateObservableCounter("stagedoor.tracing.topology.unpaired", () => model.Unpaired, "{call}", "Calls that had neither another half nor the name of what they called.");
        meter.CreateObservableCounter("stagedoor.tracing.topology.late_pair", () => model.LatePairs, "{span}", "Spans that came when the other half of their call had been counted by itself.");
        meter.CreateObservableCounter(
            "stagedoor.tracing.transaction.overflow", () => model.Overflows, "{span}", "Spans whose transaction had a name made of a path that was one too many for its service.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private double Oldest() => store.Facts.OldestDay is { } day
        ? Math.Max(0, (clock.GetUtcNow() - new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero)).TotalSeconds)
        : 0;
}
