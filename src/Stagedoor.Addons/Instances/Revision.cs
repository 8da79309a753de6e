namespace Stagedoor.Addons.Instances;

/// <summary>One of the states that an instance was brought to.</summary>
internal sealed record Revision
{
    public string InstanceId { get; init; } = "";

    public long Number { get; init; }

    public string Version { get; init; } = "";

    public string ValuesJson { get; init; } = "{}";

    /// <summary>The record of the release; empty where it was never planned.</summary>
    public string Manifest { get; init; } = "";

    /// <summary>In Helm's words.</summary>
    public string Status { get; init; } = "";

    /// <summary>The operation that made it.</summary>
    public string Description { get; init; } = "";

    public long CreatedAt { get; init; }
}

/// <summary>Something that happened to an instance.</summary>
internal sealed record InstanceEvent
{
    /// <summary><c>Normal</c> or <c>Warning</c>.</summary>
    public string Kind { get; init; } = "";

    public string Reason { get; init; } = "";

    public string Message { get; init; } = "";

    public long CreatedAt { get; init; }
}
