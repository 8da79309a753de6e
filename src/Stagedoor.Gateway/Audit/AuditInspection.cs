using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Gateway.Arrival;

namespace Stagedoor.Gateway.Audit;

/// <summary>Looks once a day whether the audit log is as it was written, and keeps telling of what it found.</summary>
internal sealed partial class AuditInspection : UpkeepService, IWarnings
{
    private readonly AuditVerifier _verifier;
    private readonly ILogger _logger;
    private volatile IReadOnlyList<string> _problems = [];
    private long _looked;

    public AuditInspection(AuditVerifier verifier, AuditLog log, IMeterFactory factory, TimeProvider clock, ILogger<AuditInspection> logger)
        : base(clock, logger)
    {
        (_verifier, _logger) = (verifier, logger);
#pragma warning disable CA2000 // The factory owns its meters.
        var meter = factory.Create(GatewayMetrics.MeterName);
#pragma warning restore CA2000
        meter.CreateObservableGauge(
            "stagedoor.audit.problems", () => _problems.Count, "{problem}", "Records and chains of the audit log that are not as they were written, as the last check found.");
        meter.CreateObservableGauge(
            "stagedoor.audit.check.timestamp",
            () => Interlocked.Read(ref _looked) is var looked and > 0 ? [new Measurement<long>(looked)] : Enumerable.Empty<Measurement<long>>(),
            "s",
            "When this process last checked the audit log, as Unix time: some minutes after its start, then once a day.");
        meter.CreateObservableGauge("stagedoor.audit.waiting", () => log.Handover.Reader.Count, "{record}", "Audit records that wait for the database.");
    }

    /// <summary>The first alone: one change of many records has as many problems.</summary>
    public IReadOnlyList<string> Current => _problems is [var first, ..] problems
        ? [$"The audit log is not as it was written: {first}{(problems.Count > 1 ? $" (and {problems.Count - 1} more)" : "")} 'stagedoor admin audit verify' shows all."]
        : [];

    protected override TimeSpan Period => TimeSpan.FromDays(1);

    // It reads the whole log; a start has other things to do.
    protected override TimeSpan FirstPause => TimeSpan.FromMinutes(5);

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        var problems = (await _verifier.VerifyAsync(stoppingToken)).Problems;
        if (problems.Count > _problems.Count)
        {
            LogProblems(problems.Count, problems[0]);
        }

        _problems = problems;
        Interlocked.Exchange(ref _looked, Clock.GetUtcNow().ToUnixTimeSeconds());
    }

    [LoggerMessage(LogLevel.Error, "The audit log is not as it was written, {Count} problems, first: {Problem} 'stagedoor admin audit verify' shows all.")]
    private partial void LogProblems(int count, string problem);
}
