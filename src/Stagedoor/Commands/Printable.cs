using System.Globalization;
using System.Text;

namespace Stagedoor.Commands;

/// <summary>Text of others on a terminal.</summary>
internal static class Printable
{
    /// <summary>
    /// JSON as a terminal may show it: what would move the cursor or turn the direction of writing is escaped, so that who reads it gets the same text.
    /// What is left of such signs in JSON stands in strings, but for the ends of lines.
    /// </summary>
    internal static string Json(string json)
    {
        var shown = new StringBuilder(json.Length);
        Span<char> units = stackalloc char[2];
        foreach (var rune in json.EnumerateRunes())
        {
            var isHarmless = rune.Value is '\n' or '\r' or '\t' || Rune.GetUnicodeCategory(rune)
                is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
            foreach (var unit in units[..rune.EncodeToUtf16(units)])
            {
                _ = isHarmless ? shown.Append(unit) : shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
            }
        }

        return shown.ToString();
    }

    /// <summary>The text in one line, without what moves the cursor, colours, or turns the direction of writing.</summary>
    internal static string Of(string text)
    {
        var shown = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            switch (char.GetUnicodeCategory(c))
            {
                case UnicodeCategory.Control when char.IsWhiteSpace(c):
                case UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator:
                    shown.Append(' ');
                    break;
                case UnicodeCategory.Control or UnicodeCategory.Format:
                    break;
                default:
                    shown.Append(c);
                    break;
            }
        }

        return shown.ToString();
    }
}
