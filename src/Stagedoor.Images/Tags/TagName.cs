using System.Buffers;

namespace Stagedoor.Images.Tags;

/// <summary>The rule for tags: letters, digits, <c>_</c>, <c>.</c> and <c>-</c>, not starting with the last two, at most 128.</summary>
internal static class TagName
{
    private const int MaxLength = 128;

    private static readonly SearchValues<char> s_allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    public static bool IsValid(ReadOnlySpan<char> tag) => tag.Length > 0 && tag[0] is not ('.' or '-') && CanContain(tag);

    /// <summary>Whether there can be a tag with this in its name.</summary>
    public static bool CanContain(ReadOnlySpan<char> part) => part.Length <= MaxLength && !part.ContainsAnyExcept(s_allowed);
}
