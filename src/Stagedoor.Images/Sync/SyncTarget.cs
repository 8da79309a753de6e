namespace Stagedoor.Images.Sync;

/// <summary>Where a tag is copied to.</summary>
/// <param name="RepositoryId">What it is in here.</param>
/// <param name="Region">The registry, as the settings name it.</param>
/// <param name="Namespace">The organization there.</param>
internal sealed record SyncTarget(long RepositoryId, string Region, string Namespace);

/// <summary>For whom something is copied.</summary>
internal sealed record SyncOperator(string DomainId, string DomainName, string UserId, string UserName)
{
    public static SyncOperator Of(Caller caller) => new(caller.DomainId, caller.DomainName, caller.UserId, caller.UserName);
}

/// <summary>How the copy of a tag stands, as the API says it.</summary>
internal static class SyncStatus
{
    public const string Waiting = "waiting";
    public const string Running = "running";
    public const string Success = "success";
    public const string Failed = "failed";
    public const string Timeout = "timeout";
    public const string Cancel = "cancel";

    /// <summary>The target has the tag already, and it is not to be replaced.</summary>
    public const string Existed = "existed";
}
