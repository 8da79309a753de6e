namespace Stagedoor.Storage;

/// <summary>An upload that somebody wants to go on with.</summary>
/// <param name="Upload">The upload; null when there is none to be had.</param>
/// <param name="IsInUse">Whether that is because somebody else holds it, and not because its bytes are gone.</param>
public sealed record OpenedUpload(IBlobUpload? Upload, bool IsInUse)
{
    /// <summary>Some or all of what was saved is not there.</summary>
    public static OpenedUpload Missing { get; } = new(null, IsInUse: false);

    /// <summary>Another holds it, in this process or in another.</summary>
    public static OpenedUpload InUse { get; } = new(null, IsInUse: true);
}
