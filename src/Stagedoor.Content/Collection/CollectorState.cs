using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;

namespace Stagedoor.Content.Collection;

/// <summary>How the last collection ended, for those who run the installation: <c>/readyz</c>, <c>/metrics</c>.</summary>
public sealed class CollectorState(ContentStore content, IMeterFactory factory, TimeProvider clock) : IWarnings, IHostedService
{
    private volatile string? _objection;
    private long _unrecorded;
    private long _aside;
    private long _ended;

    public IReadOnlyList<string> Current => _objection is { } objection ? [$"Nothing is collected: {objection}"] : [];

    /// <summary>Notes why nothing may be removed; null when all was well.</summary>
    /// <returns>Whether this is news.</returns>
    public bool Set(string? objection)
    {
        var isNews = !string.Equals(_objection, objection, StringComparison.Ordinal);
        _objection = objection;
        return isNews;
    }

    /// <summary>Notes what a collection that came to its end has counted.</summary>
    public void Count(long unrecorded, long aside)
    {
        Interlocked.Exchange(ref _ended, clock.GetUtcNow().ToUnixTimeSeconds());
        Interlocked.Exchange(ref _unrecorded, unrecorded);
        Interlocked.Exchange(ref _aside, aside);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // The factory owns its meters.
        var meter = factory.Create("Stagedoor");
#pragma warning restore CA2000
        meter.CreateObservableGauge(
            $"stagedoor.{content.Settings.Name}.collector.held", () => _objection is null ? 0 : 1, "1", "1 while the collector removes nothing; /readyz says why.");
        meter.CreateObservableGauge(
            $"stagedoor.{content.Settings.Name}.unrecorded.objects", () => Interlocked.Read(ref _unrecorded), "{object}", "Objects of the blob store without a row, at the last collection.");
        meter.CreateObservableGauge(
            $"stagedoor.{content.Settings.Name}.aside.objects", () => Interlocked.Read(ref _aside), "{object}", "Objects that are set aside and not removed yet, at the last collection.");
        meter.CreateObservableGauge(
            $"stagedoor.{content.Settings.Name}.collector.end.timestamp",
            () => Interlocked.Read(ref _ended) is var ended and > 0 ? [new Measurement<long>(ended)] : Enumerable.Empty<Measurement<long>>(),
            "s",
            "When this process last came to the end of a collection, as Unix time.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
