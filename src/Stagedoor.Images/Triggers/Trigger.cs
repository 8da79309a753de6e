namespace Stagedoor.Images.Triggers;

/// <summary>A workload that gets an image when it is pushed.</summary>
internal sealed record Trigger
{
    public const string Deployments = "deployments";
    public const string StatefulSets = "statefulsets";

    /// <summary>The workload is in a cluster.</summary>
    public const string Cluster = "cce";

    /// <summary>The workload runs without a cluster of its own.</summary>
    public const string Serverless = "cci";

    public string Id { get; init; } = "";

    public long RepositoryId { get; init; }

    public string Name { get; init; } = "";

    public string AppType { get; init; } = "";

    public string Application { get; init; } = "";

    public string ClusterId { get; init; } = "";

    public string ClusterName { get; init; } = "";

    public string ClusterNs { get; init; } = "";

    /// <summary>Empty for all containers.</summary>
    public string Container { get; init; } = "";

    public string TagCondition { get; init; } = "";

    public long Enabled { get; init; }

    public string TriggerMode { get; init; } = "";

    public string TriggerType { get; init; } = "";

    /// <summary>What the registry was called when the trigger was made.</summary>
    public string Host { get; init; } = "";

    public string CreatorName { get; init; } = "";

    public long CreatedAt { get; init; }
}

/// <summary>One firing of a trigger.</summary>
internal sealed record Firing
{
    public string TriggerId { get; init; } = "";

    public string Tag { get; init; } = "";

    public long Succeeded { get; init; }

    public string Detail { get; init; } = "";

    public long CreatedAt { get; init; }
}

/// <summary>What became of a trigger that was to be made.</summary>
internal enum AddedTrigger
{
    Added,

    /// <summary>One of this name is there.</summary>
    Present,

    /// <summary>The repository has as many as it may.</summary>
    TooMany,

    RepositoryGone,
}
