using System.Buffers;

namespace Stagedoor;

#pragma warning disable CA1724 // The namespace of that name is of a drawing library that no server uses.
/// <summary>
/// What every text from outside has to pass before it is stored, logged or sent: UTF-16 may hold half of a character, which no encoding can
/// write, and U+0000, which PostgreSQL does not take.
/// </summary>
public static class Text
#pragma warning restore CA1724
{
    private const char Replacement = '\uFFFD';

    private static readonly SearchValues<char> s_suspects = SearchValues.Create([.. SurrogatesAndNul()]);

    /// <summary>The beginning of a text, never with half of a character at its end.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxLength">The most UTF-16 units that are left of it.</param>
    public static string Cut(string text, int maxLength)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfNegative(maxLength);
        return text.Length <= maxLength ? text : text[..CutLength(text, maxLength)];
    }

    /// <summary>True when the text holds half of a surrogate pair.</summary>
    public static bool HasLoneSurrogate(ReadOnlySpan<char> text)
    {
        while (text.IndexOfAnyInRange('\uD800', '\uDFFF') is >= 0 and var at)
        {
            if (!char.IsHighSurrogate(text[at]) || at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1]))
            {
                return true;
            }

            text = text[(at + 2)..];
        }

        return false;
    }

    /// <summary>True when the text holds U+0000.</summary>
    public static bool HasNul(ReadOnlySpan<char> text) => text.Contains('\0');

    /// <summary>True when every database and every encoding can hold the text.</summary>
    public static bool IsStorable(ReadOnlySpan<char> text) => !text.ContainsAny(s_suspects) || (!HasNul(text) && !HasLoneSurrogate(text));

    /// <summary>The text with U+FFFD in the place of each unit that cannot be stored; for records of what somebody sent, which must not be refused.</summary>
    public static string Repair(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return IsStorable(text) ? text : string.Create(text.Length, text, static (repaired, original) =>
        {
            original.CopyTo(repaired);
            for (var i = 0; i < repaired.Length; i++)
            {
                if (char.IsHighSurrogate(repaired[i]) && i + 1 < repaired.Length && char.IsLowSurrogate(repaired[i + 1]))
                {
                    i++;
                }
                else if (repaired[i] == '\0' || char.IsSurrogate(repaired[i]))
                {
                    repaired[i] = Replacement;
                }
            }
        });
    }

    private static int CutLength(string text, int maxLength) =>
        maxLength > 0 && char.IsHighSurrogate(text[maxLength - 1]) && char.IsLowSurrogate(text[maxLength]) ? maxLength - 1 : maxLength;

    private static IEnumerable<char> SurrogatesAndNul() => Enumerable.Range(0xD800, 0x800).Select(static c => (char)c).Prepend('\0');
}
