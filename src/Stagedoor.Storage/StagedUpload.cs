namespace Stagedoor.Storage;

/// <summary>An unfinished upload in a listing.</summary>
/// <param name="Id">The upload's id.</param>
/// <param name="Modified">When it was last written to.</param>
public readonly record struct StagedUpload(string Id, DateTimeOffset Modified)
{
    private const int MaxIdLength = 64;

    /// <summary>Whether this can be an upload's id: 1 to 64 letters, digits and <c>-</c>, so that it is a name in every store and leads nowhere else.</summary>
    public static bool IsValidId(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return id.Length is > 0 and <= MaxIdLength && id.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-');
    }
}
