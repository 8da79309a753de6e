namespace Stagedoor.Addons.Releases;

/// <summary>How a revision of a release is, in Helm's words.</summary>
internal static class ReleaseStatus
{
    public const string Unknown = "unknown";
    public const string Deployed = "deployed";
    public const string Uninstalled = "uninstalled";
    public const string Uninstalling = "uninstalling";
    public const string Superseded = "superseded";
    public const string Failed = "failed";
    public const string PendingInstall = "pending-install";
    public const string PendingUpgrade = "pending-upgrade";
    public const string PendingRollback = "pending-rollback";
}
