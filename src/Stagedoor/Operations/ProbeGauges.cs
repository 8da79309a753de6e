using System.Diagnostics.Metrics;
using Stagedoor.Serve;

namespace Stagedoor.Operations;

/// <summary>What is looked at when <c>/metrics</c> is asked for: readiness, warnings, disks, the certificate.</summary>
internal sealed class ProbeGauges
{
    private readonly Readiness _readiness;
    private readonly DiskSpace _disks;
    private readonly ServerCertificate? _certificate;
    private volatile IReadOnlyList<PartState> _parts = [];
    private volatile IReadOnlyList<DiskState> _space = [];

    public ProbeGauges(Readiness readiness, DiskSpace disks, IMeterFactory factory, ServerCertificate? certificate = null)
    {
        (_readiness, _disks, _certificate) = (readiness, disks, certificate);
#pragma warning disable CA2000 // The factory owns its meters.
        var meter = factory.Create("Stagedoor");
#pragma warning restore CA2000
        ProcessGauges.Add(meter);
        meter.CreateObservableGauge(
            "stagedoor.ready", () => Parts(static p => p.Problem is null ? 1 : 0), "1", "1 while a part can be used; /readyz says what is wrong with one that cannot.");
        meter.CreateObservableGauge(
            "stagedoor.ready.check", () => Parts(static p => p.Took.TotalSeconds), "s", "How long the part took to answer when these metrics were asked for.");
        meter.CreateObservableGauge("stagedoor.warnings", () => _readiness.Warnings.Count, "{warning}", "What the operator should look at although requests are answered; /readyz has the sentences.");
        meter.CreateObservableGauge("stagedoor.disk.free", () => Disks(static d => d.Free), "By", "Bytes that may be written on the disk of a folder.");
        meter.CreateObservableGauge("stagedoor.disk.size", () => Disks(static d => d.Size), "By", "Size of the disk of a folder.");
        meter.CreateObservableGauge("stagedoor.tls.certificate.not_after.timestamp", NotAfter, "s", "Until when the certificate is good that is served, as Unix time.");
    }

    /// <summary>Looks again.</summary>
    internal async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var space = _disks.LookAsync(cancellationToken);
        _parts = await _readiness.ExamineAsync(cancellationToken);
        _space = await space;
    }

    private IEnumerable<Measurement<double>> Parts(Func<PartState, double> value) =>
        _parts.Select(p => new Measurement<double>(value(p), new KeyValuePair<string, object?>("part", p.Part)));

    private IEnumerable<Measurement<long>> Disks(Func<DiskState, long> value) =>
        _space.Select(d => new Measurement<long>(value(d), new KeyValuePair<string, object?>("folder", d.Folder)));

    private IEnumerable<Measurement<long>> NotAfter() =>
        _certificate is { } certificate ? [new(((DateTimeOffset)certificate.Current().TargetCertificate.NotAfter.ToUniversalTime()).ToUnixTimeSeconds())] : [];
}
