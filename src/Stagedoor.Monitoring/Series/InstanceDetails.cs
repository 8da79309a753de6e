using Stagedoor.Monitoring.Reports;

namespace Stagedoor.Monitoring.Series;

/// <summary>What an instance told of itself.</summary>
internal sealed record InstanceDetails
{
    public string? Environment { get; init; }

    public string? ServiceId { get; init; }

    public long? Thread { get; init; }

    public double? Cpu { get; init; }

    public double? LoadAverage { get; init; }

    public long? Uptime { get; init; }

    public MemoryReading? Memory { get; init; }

    public IReadOnlyDictionary<string, string>? Customs { get; init; }

    /// <summary>With what a report tells; what it leaves out stays as it was.</summary>
    public InstanceDetails After(MetricReport report) => new()
    {
        Environment = report.Environment ?? Environment,
        ServiceId = report.ServiceId ?? ServiceId,
        Thread = (long?)report.Thread ?? Thread,
        Cpu = report.Cpu ?? Cpu,
        LoadAverage = report.LoadAverage ?? LoadAverage,
        Uptime = (long?)report.Uptime ?? Uptime,
        Memory = report.Memory ?? Memory,
        Customs = report.Customs ?? Customs,
    };
}
