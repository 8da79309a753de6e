namespace Stagedoor.Images.Tags;

/// <summary>Which tags of a repository are asked for.</summary>
/// <param name="NamePart">What their names contain; null for all.</param>
/// <param name="AreDeleted">Those that were deleted and can be restored, in place of those that are there.</param>
internal readonly record struct TagFilter(string? NamePart, bool AreDeleted = false)
{
    /// <summary>The names are a part of it that no tag has: too long, or with a letter that none has.</summary>
    public bool IsEmpty => NamePart is not null && !TagName.CanContain(NamePart);
}
