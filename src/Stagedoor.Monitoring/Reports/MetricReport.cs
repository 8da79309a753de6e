namespace Stagedoor.Monitoring.Reports;

/// <summary>What one instance uploads: every publisher's members, as far as they are used. Null is "not told".</summary>
internal sealed class MetricReport
{
    /// <summary>The most interfaces of one report.</summary>
    public const int MaxInterfaces = 2_000;

    /// <summary>The most entries of <c>customs</c>, and of <c>memory</c>.</summary>
    public const int MaxEntries = 64;

    public string? Name { get; set; }

    public string? AppId { get; set; }

    public string? Version { get; set; }

    public string? Environment { get; set; }

    public string? ServiceId { get; set; }

    public string? InstanceId { get; set; }

    /// <summary>The host's name.</summary>
    public string? Instance { get; set; }

    public double? Thread { get; set; }

    public double? Cpu { get; set; }

    public double? LoadAverage { get; set; }

    public double? Uptime { get; set; }

    public MemoryReading? Memory { get; set; }

    /// <summary>Entries that were sent for memory, also those beyond the limit.</summary>
    public int MemoryCount { get; set; }

    public Dictionary<string, string>? Customs { get; set; }

    /// <summary>Entries that were sent for customs, also those beyond the limit.</summary>
    public int CustomsCount { get; set; }

    /// <summary>The rows; a null was null in the body. Not more than one above the limit.</summary>
    public List<InterfaceReport?> Interfaces { get; } = [];
}

/// <summary>One row of a report: an operation that the instance serves or calls.</summary>
internal sealed class InterfaceReport
{
    public string? Name { get; set; }

    public string? FunctionName { get; set; }

    public string? FunctionType { get; set; }

    public Measures Measures { get; set; } = new();
}

/// <summary>Memory as told: named numbers, or a text that nobody interprets.</summary>
/// <param name="Values">For example <c>heapUsed</c>.</param>
/// <param name="Text">Null when there are values.</param>
internal sealed record MemoryReading(IReadOnlyDictionary<string, double> Values, string? Text);
