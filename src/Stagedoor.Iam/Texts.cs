namespace Stagedoor.Iam;

/// <summary>What texts of callers have to be before they get near a database.</summary>
internal static class Texts
{
    public const string DescriptionRule = "has at most 255 characters, none of them NUL";

    private const int MaximumLength = 255;

    /// <summary>Whether a database takes the text: PostgreSQL knows no NUL, and no name, id or description is longer.</summary>
    public static bool IsStorable(string? text) =>
        text is null || (text.Length <= MaximumLength && !text.Contains('\0', StringComparison.Ordinal));
}
