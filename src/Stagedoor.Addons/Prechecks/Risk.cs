namespace Stagedoor.Addons.Prechecks;

/// <summary>One thing that was looked at.</summary>
/// <param name="RiskName">What, one of <see cref="RiskNames"/> or of <see cref="Drivers.Reasons"/>.</param>
/// <param name="Level"><see cref="Warning"/> or <see cref="Fatal"/>.</param>
/// <param name="Status">Whether there is a risk: <see cref="PrecheckStatus.Failed"/>; else <see cref="PrecheckStatus.Success"/>.</param>
/// <param name="Message">What it is; empty where there is none.</param>
internal sealed record Risk(string RiskName, string Level, string Status, string Message)
{
    /// <summary>The upgrade may be made all the same.</summary>
    public const string Warning = "Warning";

    /// <summary>The upgrade would fail.</summary>
    public const string Fatal = "Fatal";

    private const int MaxMessage = 2_000;

    public bool IsThere => Status is PrecheckStatus.Failed;

    /// <summary>A risk that is there where something is said of it.</summary>
    public static Risk Of(string name, string level, string? problem) => string.IsNullOrEmpty(problem)
        ? new(name, level, PrecheckStatus.Success, "")
        : new(name, level, PrecheckStatus.Failed, Text.Repair(Text.Cut(problem, MaxMessage)));
}

/// <summary>What is looked at.</summary>
internal static class RiskNames
{
    /// <summary>The cluster is not among those that the version is for.</summary>
    public const string ClusterVersion = "ClusterVersion";

    /// <summary>The instance is in no state for an upgrade, or not well.</summary>
    public const string InstanceStatus = "InstanceStatus";

    /// <summary>What the version requires is missing, or another one requires what it would not be any more.</summary>
    public const string Dependencies = "Dependencies";

    /// <summary>Something is there that must not be beside it.</summary>
    public const string Conflicts = "Conflicts";

    /// <summary>The values are not what the version takes.</summary>
    public const string Values = "Values";

    /// <summary>The templates do not render.</summary>
    public const string Rendering = "Rendering";

    /// <summary>An object is of an API version that the cluster does not serve.</summary>
    public const string RemovedApis = "RemovedAPIs";

    /// <summary>What is installed was changed in the cluster.</summary>
    public const string Drift = "Drift";

    /// <summary>Custom resources are stored in another version from then on.</summary>
    public const string StorageVersions = "StorageVersions";

    /// <summary>A field would change that cannot.</summary>
    public const string ImmutableFields = "ImmutableFields";

    /// <summary>The cluster refuses an object when it is tried.</summary>
    public const string DryRun = "DryRun";
}
