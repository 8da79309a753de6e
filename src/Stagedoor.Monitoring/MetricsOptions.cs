using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Stagedoor.Monitoring;

/// <summary>The dashboard's memory: section <c>Discovery:Metrics</c>.</summary>
public sealed class MetricsOptions
{
    /// <summary>Minutes that a series is kept in full.</summary>
    [Range(1, 1440)]
    public int RetentionMinutes { get; set; } = 5;

    /// <summary>The most instances with series; beyond it the one that was silent longest is forgotten.</summary>
    [Range(1, 1_000_000)]
    public int MaxInstances { get; set; } = 10_000;

    /// <summary>Days that rolled-up series are kept in the database; 0 keeps none.</summary>
    [Range(0, 3650)]
    public int RollupDays { get; set; } = 7;

    /// <summary>The most interfaces that <c>/metrics</c> shows, the busiest first; 0 shows none. They name tenants, services and hosts, and nobody is asked who reads them.</summary>
    [Range(0, 2000)]
    public int MaxPrometheusSeries { get; set; }
}

[OptionsValidator]
internal sealed partial class MetricsOptionsValidator : IValidateOptions<MetricsOptions>;
