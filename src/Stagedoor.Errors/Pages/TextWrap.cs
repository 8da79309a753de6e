using System.Text;

namespace Stagedoor.Errors.Pages;

/// <summary>Breaks a text into lines of a terminal, where a Chinese character takes two columns.</summary>
public static class TextWrap
{
    // From here on, nearly all that these texts use is as wide as two letters.
    private const int FirstWide = 0x2E80;

    /// <summary>Lines of at most <paramref name="width"/> columns; a longer word stays whole.</summary>
    public static IReadOnlyList<string> Lines(string text, int width)
    {
        var lines = new List<string>();
        var line = new StringBuilder();
        var columns = 0;
        foreach (var piece in Pieces(text))
        {
            var wide = Columns(piece.TrimEnd());
            if (columns > 0 && columns + wide > width)
            {
                lines.Add(line.ToString().TrimEnd());
                line.Clear();
                columns = 0;
            }

            line.Append(piece);
            columns += Columns(piece);
        }

        lines.Add(line.ToString().TrimEnd());
        return lines;
    }

    /// <summary>How many columns a text takes.</summary>
    public static int Columns(string text) => text.EnumerateRunes().Sum(static r => r.Value >= FirstWide ? 2 : 1);

    // A line may end after a blank and after a Chinese character, but not before its comma or full stop.
    private static IEnumerable<string> Pieces(string text)
    {
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var next = i + 1 < text.Length ? text[i + 1] : ' ';
            var ends = text[i] is ' ' || ((text[i] >= FirstWide || next >= FirstWide) && !"，。；：、）！？”".Contains(next, StringComparison.Ordinal));
            if (ends && next is not ' ')
            {
                yield return text[start..(i + 1)];
                start = i + 1;
            }
        }

        if (start < text.Length)
        {
            yield return text[start..];
        }
    }
}
