using System.Buffers;

namespace Stagedoor.Images.Tags;

/// <summary>The rule for tags: letters, digits, <c>_</c>, <c>.</c> and <c>-</c>, not starting with the last two, at most 128.</summary>
internal static class TagName
{
    private const int MaxLength = 128;

    private static readonly SearchValues<char> s_allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    public static bool IsValid(ReadOnlySpan<char> tag) =>
        tag.Length is > 0 and <= MaxLength && tag[0] is not ('.' or '-') && !tag.ContainsAnyExcept(s_allowed);
}
