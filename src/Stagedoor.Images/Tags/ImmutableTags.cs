using System.Buffers;
using System.IO.Enumeration;
using System.Text.Json;

namespace Stagedoor.Images.Tags;

/// <summary>Patterns of tags that stay where they are: neither moved to another manifest nor deleted. <c>*</c> stands for anything, <c>?</c> for one character.</summary>
internal static class ImmutableTags
{
    public const int MaxPatterns = 20;
    public const int MaxLength = 128;

    private static readonly SearchValues<char> s_allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-*?");

    /// <summary>The patterns of a request, as they are stored; null when it names none.</summary>
    /// <exception cref="Http.ApiException">They are no patterns.</exception>
    public static string? Read(JsonElement element)
    {
        if (element.ValueKind is JsonValueKind.Undefined)
        {
            return null;
        }

        if (element.ValueKind is not JsonValueKind.Array || element.GetArrayLength() > MaxPatterns)
        {
            throw ImagesError.InvalidParameter($"immutable_tags is an array of at most {MaxPatterns} patterns");
        }

        var patterns = element.EnumerateArray().Select(static e => e.ValueKind is JsonValueKind.String && Text.IsStorable(e.GetRawText()) ? Check(e) : throw Malformed());
        return string.Join(' ', patterns.Distinct(StringComparer.Ordinal));
    }

    /// <summary>The patterns one by one.</summary>
    public static string[] Split(string stored) => stored.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Whether one of the stored patterns matches the tag.</summary>
    public static bool Protect(string stored, string tag) =>
        stored.Length > 0 && Array.Exists(Split(stored), pattern => FileSystemName.MatchesSimpleExpression(pattern, tag, ignoreCase: false));

    private static string Check(JsonElement element)
    {
        string text;
        try
        {
            text = element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Malformed();
        }

        return text.Length is > 0 and <= MaxLength && !text.AsSpan().ContainsAnyExcept(s_allowed) ? text : throw Malformed();
    }

    private static Http.ApiException Malformed() => ImagesError.InvalidParameter(
        $"a pattern of immutable_tags is 1 to {MaxLength} of letters, digits, '_', '.', '-', '*' for anything and '?' for one character");
}
