using Stagedoor.Background.Jobs;

namespace Stagedoor.Addons.Instances;

/// <summary>An add-on in a cluster.</summary>
internal sealed record Instance
{
    public string Id { get; init; } = "";

    public string DomainId { get; init; } = "";

    public string ClusterId { get; init; } = "";

    public string ProjectId { get; init; } = "";

    public string Template { get; init; } = "";

    /// <summary>The version that is there, or shall be.</summary>
    public string Version { get; init; } = "";

    /// <summary>A JSON object with <c>basic</c>, <c>custom</c> and <c>flavor</c>.</summary>
    public string ValuesJson { get; init; } = "{}";

    /// <summary>A JSON object of texts.</summary>
    public string Annotations { get; init; } = "{}";

    /// <summary>One of <see cref="InstanceStatus"/>.</summary>
    public string Status { get; init; } = "";

    public string Reason { get; init; } = "";

    public string Message { get; init; } = "";

    /// <summary>The version before the last upgrade or rollback; empty where there was none.</summary>
    public string PreviousVersion { get; init; } = "";

    /// <summary>The revision that is there, or shall be.</summary>
    public long Revision { get; init; }

    /// <summary>What is under way, one of <see cref="InstanceOperation"/>; empty for nothing.</summary>
    public string Operation { get; init; } = "";

    /// <summary>The version that it leads to.</summary>
    public string TargetVersion { get; init; } = "";

    /// <summary>Counts the operations that were begun and ended: whoever works for an older one can change nothing any more.</summary>
    public long Generation { get; init; }

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }

    /// <summary>The name of the user who asks for the operation that begins; it is told with it, and no part of the instance.</summary>
    public string Actor { get; init; } = "";

    /// <summary>The instances that the operation that begins waits for; no part of the instance.</summary>
    public IReadOnlyList<string> Behind { get; init; } = [];

    /// <summary>How many removals go one after the other until the one that begins is done; no part of the instance.</summary>
    public int Turn { get; init; } = 1;

    /// <summary>The package that the values of the operation that begins were looked at with, as <c>sha256:…</c>; empty where it does not matter. No part of the instance.</summary>
    public string Digest { get; init; } = "";

    /// <summary>The job that works for the operation that is under way: without it nothing is changed. No part of the instance.</summary>
    public Job? Job { get; init; }

    /// <summary>Whether something is under way.</summary>
    public bool IsBusy => Operation.Length > 0;

    /// <summary>The instance as it is when its removal begins.</summary>
    /// <param name="actor">The name of the user who asks.</param>
    public Instance ToDelete(string actor) => this with
    {
        Status = InstanceStatus.Deleting,
        Reason = "",
        Message = "",
        Operation = InstanceOperation.Delete,
        TargetVersion = Version,
        Actor = actor,
    };
}

/// <summary>How an instance is.</summary>
internal static class InstanceStatus
{
    public const string Installing = "installing";
    public const string Running = "running";
    public const string Available = "available";
    public const string Abnormal = "abnormal";
    public const string InstallFailed = "installFailed";
    public const string Upgrading = "upgrading";
    public const string UpgradeFailed = "upgradeFailed";
    public const string RollingBack = "rollbacking";
    public const string RollbackFailed = "rollbackFailed";
    public const string Deleting = "deleting";
    public const string DeleteFailed = "deleteFailed";

    /// <summary>Those from which an instance can be upgraded or rolled back.</summary>
    public static bool IsChangeable(string status) => status is Running or Available or Abnormal or UpgradeFailed or RollbackFailed;
}

/// <summary>What can be under way.</summary>
internal static class InstanceOperation
{
    public const string Install = "install";
    public const string Upgrade = "upgrade";
    public const string Rollback = "rollback";
    public const string Delete = "delete";

    /// <summary>The status of an instance whose operation has failed.</summary>
    public static string FailedStatus(string operation) => operation switch
    {
        Install => InstanceStatus.InstallFailed,
        Upgrade => InstanceStatus.UpgradeFailed,
        Rollback => InstanceStatus.RollbackFailed,
        _ => InstanceStatus.DeleteFailed,
    };
}
