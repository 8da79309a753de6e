using System.Globalization;
using System.Text;

namespace Stagedoor.Commands;

/// <summary>Text of others on a terminal.</summary>
internal static class Printable
{
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
