namespace Stagedoor.Addons.Prechecks;

/// <summary>A look at an add-on of a cluster: before an upgrade, or as it is.</summary>
internal sealed record Precheck
{
    public string Id { get; init; } = "";

    public string DomainId { get; init; } = "";

    public string ProjectId { get; init; } = "";

    public string ClusterId { get; init; } = "";

    public string InstanceId { get; init; } = "";

    public string Template { get; init; } = "";

    /// <summary>One of <see cref="PrecheckType"/>.</summary>
    public string Type { get; init; } = "";

    /// <summary>The version that the upgrade leads to; empty for the one that is there.</summary>
    public string TargetVersion { get; init; } = "";

    /// <summary>The values of the upgrade, a JSON object; empty for those that the instance has.</summary>
    public string ValuesJson { get; init; } = "";

    /// <summary>What makes it the same as another one of the instance.</summary>
    public string BodySha256 { get; init; } = "";

    /// <summary>One of <see cref="PrecheckStatus"/>.</summary>
    public string Status { get; init; } = "";

    public string Message { get; init; } = "";

    /// <summary>What was looked at, a JSON array of <see cref="Risk"/>.</summary>
    public string Risks { get; init; } = "[]";

    public long CreatedAt { get; init; }

    public long ExpiresAt { get; init; }

    public bool IsUpgrade => Type is PrecheckType.Upgrade;

    public bool IsFinished => Status is PrecheckStatus.Success or PrecheckStatus.Failed;
}

/// <summary>What is looked at.</summary>
internal static class PrecheckType
{
    public const string Static = "addonStatic";
    public const string Upgrade = "addonUpgrade";
}

/// <summary>How far a look is, and each of its risks.</summary>
internal static class PrecheckStatus
{
    public const string Init = "Init";
    public const string Running = "Running";

    /// <summary>It is done, and there is no risk.</summary>
    public const string Success = "Success";

    /// <summary>It is done, and there is one.</summary>
    public const string Failed = "Failed";
}
