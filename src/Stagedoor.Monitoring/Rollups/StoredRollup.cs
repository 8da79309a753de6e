using Stagedoor.Monitoring.Reports;

namespace Stagedoor.Monitoring.Rollups;

/// <summary>A row of <c>metric_rollup</c> as it is stored.</summary>
internal sealed class StoredRollup
{
    /// <summary>What it leaves the database of discovery with.</summary>
    public string Batch { get; set; } = "";

    public string Tenant { get; init; } = "";

    public string Service { get; init; } = "";

    public string Level { get; init; } = "";

    public long Minute { get; init; }

    public string App { get; init; } = "";

    public string Version { get; init; } = "";

    public string Instance { get; init; } = "";

    public string InstanceId { get; init; } = "";

    public long Slots { get; init; }

    public double QpsSum { get; init; }

    public double Weight { get; init; }

    public double LatencySum { get; init; }

    public double FailureSum { get; init; }

    public double P99 { get; init; }

    public long BreakerOpen { get; init; }

    public RollupRow Row() => new(
        new(Tenant, App, Service, Version, Instance, InstanceId),
        Enum.Parse<InterfaceKind>(Level),
        Minute,
        Slots,
        QpsSum,
        Weight,
        LatencySum,
        FailureSum,
        P99,
        BreakerOpen != 0);
}
