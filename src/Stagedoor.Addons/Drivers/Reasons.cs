namespace Stagedoor.Addons.Drivers;

/// <summary>Why an operation has failed, in one word.</summary>
internal static class Reasons
{
    public const string ClusterUnreachable = "ClusterUnreachable";
    public const string RenderFailed = "RenderFailed";
    public const string ApplyConflict = "ApplyConflict";
    public const string ApplyRejected = "ApplyRejected";
    public const string Timeout = "Timeout";
    public const string HookFailed = "HookFailed";
    public const string PackageMissing = "PackageMissing";
    public const string Interrupted = "Interrupted";
}
