using System.Text;

namespace Stagedoor.Addons.Rendering.Yaml;

/// <summary>In which styles a text may be written in YAML.</summary>
internal readonly record struct ScalarShape(bool MayBePlain, bool MayBeSingleQuoted, bool MayBeBlock, bool IsMultiline)
{
    public static ScalarShape Of(string text)
    {
        if (text.Length == 0)
        {
            return new(true, true, false, false);
        }

        Rune[] runes = [.. text.EnumerateRunes()];
        var (indicators, special, breaks) = (text.StartsWith("---", StringComparison.Ordinal) || text.StartsWith("...", StringComparison.Ordinal), false, false);
        var (breakSpace, spaceBreak, wasSpace, wasBreak) = (false, false, false, false);
        for (var i = 0; i < runes.Length; i++)
        {
            var blankBefore = i == 0 || IsBlank(runes[i - 1]);
            var blankAfter = i + 1 == runes.Length || IsBlank(runes[i + 1]);
            indicators |= IsIndicator(runes[i].Value, i == 0, blankBefore, blankAfter);
            special |= !IsPrintable(runes[i]);
            var isBreak = IsBreak(runes[i]);
            breaks |= isBreak;
            breakSpace |= wasBreak && runes[i].Value == ' ';
            spaceBreak |= wasSpace && isBreak;
            (wasSpace, wasBreak) = (runes[i].Value == ' ', isBreak);
        }

        var (first, last) = (runes[0], runes[^1]);
        var edges = first.Value == ' ' || IsBreak(first) || last.Value == ' ' || IsBreak(last);
        var single = !breakSpace && !spaceBreak && !special;
        return new(!edges && single && !breaks && !indicators, single, last.Value != ' ' && !spaceBreak && !special, breaks);
    }

    // The emitter that Helm uses escapes what is beyond U+FFFF.
    public static bool IsPrintable(Rune rune) => rune.Value is '\n' or (>= ' ' and <= 0x7E) or 0x85 or (>= 0xA0 and <= 0xD7FF) or (>= 0xE000 and <= 0xFFFD and not 0xFEFF);

    private static bool IsIndicator(int c, bool isFirst, bool blankBefore, bool blankAfter) => c switch
    {
        ':' => blankAfter,
        '#' => isFirst || blankBefore,
        '?' or '-' => isFirst && blankAfter,
        ',' or '[' or ']' or '{' or '}' or '&' or '*' or '!' or '|' or '>' or '\'' or '"' or '%' or '@' or '`' => isFirst,
        _ => false,
    };

    private static bool IsBreak(Rune rune) => rune.Value is '\n' or '\r' or 0x85 or 0x2028 or 0x2029;

    private static bool IsBlank(Rune rune) => rune.Value is ' ' or '\t' || IsBreak(rune);
}
