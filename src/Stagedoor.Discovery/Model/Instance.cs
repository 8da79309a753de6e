namespace Stagedoor.Discovery.Model;

/// <summary>A running instance as it is stored and as it goes over the wire. Empty members are absent.</summary>
internal sealed record Instance
{
    public string? InstanceId { get; init; }

    public string? ServiceId { get; init; }

    /// <summary>The version of its microservice; clients drop instances without it.</summary>
    public string? Version { get; init; }

    public string? HostName { get; init; }

    public IReadOnlyList<string>? Endpoints { get; init; }

    public string? Status { get; init; }

    public IReadOnlyDictionary<string, string>? Properties { get; init; }

    public HealthCheck? HealthCheck { get; init; }

    public DataCenterInfo? DataCenterInfo { get; init; }

    /// <summary>Unix seconds at which it was registered, as text.</summary>
    public string? Timestamp { get; init; }

    /// <summary>Unix seconds of its last change, as text.</summary>
    public string? ModTimestamp { get; init; }
}

/// <summary>How it is known that an instance lives.</summary>
internal sealed record HealthCheck
{
    /// <summary><c>push</c> (it sends heartbeats) or <c>pull</c>.</summary>
    public string? Mode { get; init; }

    public int? Port { get; init; }

    /// <summary>Seconds between heartbeats.</summary>
    public int? Interval { get; init; }

    /// <summary>How many heartbeats may be missed.</summary>
    public int? Times { get; init; }

    public string? Url { get; init; }
}

/// <summary>Where an instance runs.</summary>
internal sealed record DataCenterInfo
{
    public string? Name { get; init; }

    public string? Region { get; init; }

    public string? AvailableZone { get; init; }
}
