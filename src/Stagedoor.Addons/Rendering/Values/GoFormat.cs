using System.Globalization;
using System.Text;

namespace Stagedoor.Addons.Rendering.Values;

/// <summary>What Go's <c>fmt</c> prints of a template's values.</summary>
internal static class GoFormat
{
    // Wider than any chart pads, and small enough to be made.
    private const int MaxWidth = 100_000;

    /// <summary>As <c>%v</c>; a nil is <c>&lt;nil&gt;</c>.</summary>
    public static string Print(object? value) => value switch
    {
        string text => text,
        null => "<nil>",
        bool b => b ? "true" : "false",
        double d => GoNumber.Print(d),
        IGoObject other => other.Print(),
        _ when GoType.TryInteger(value, out var i) => value is ulong u ? u.ToString(CultureInfo.InvariantCulture) : i.ToString(CultureInfo.InvariantCulture),
        _ => PrintTree(value, 'v', new(), 0),
    };

    /// <summary><c>print</c>: a space between two neighbours of which neither is a string.</summary>
    public static string Sprint(IReadOnlyList<object?> values)
    {
        var text = new StringBuilder();
        for (var i = 0; i < values.Count; i++)
        {
            if (i > 0 && values[i] is not string && values[i - 1] is not string)
            {
                text.Append(' ');
            }

            text.Append(Print(values[i]));
        }

        return text.ToString();
    }

    /// <summary><c>println</c>.</summary>
    public static string Sprintln(IEnumerable<object?> values) => string.Join(' ', values.Select(Print)) + "\n";

    /// <summary><c>printf</c>.</summary>
    public static string Sprintf(string format, IReadOnlyList<object?> arguments)
    {
        var text = new StringBuilder();
        var next = 0;
        var reordered = false;
        var at = 0;
        while (at < format.Length)
        {
            var percent = format.IndexOf('%', at);
            if (percent < 0)
            {
                text.Append(format, at, format.Length - at);
                break;
            }

            text.Append(format, at, percent - at);
            at = percent + 1;
            var directive = new Directive();
            at = ReadFlags(format, at, directive);
            var badIndex = false;
            at = ReadIndex(format, at, arguments.Count, ref next, ref reordered, ref badIndex);
            at = ReadWidth(format, at, arguments, directive, text, ref next, ref reordered, ref badIndex);
            at = ReadIndex(format, at, arguments.Count, ref next, ref reordered, ref badIndex);
            if (at >= format.Length)
            {
                text.Append("%!(NOVERB)");
                break;
            }

            var isRune = Rune.TryGetRuneAt(format, at, out var verb);
            verb = isRune ? verb : Rune.ReplacementChar;
            at += verb.Utf16SequenceLength;
            if (verb.Value == '%')
            {
                text.Append('%');
            }
            else if (badIndex)
            {
                text.Append(CultureInfo.InvariantCulture, $"%!{verb}(BADINDEX)");
            }
            else if (next >= arguments.Count)
            {
                text.Append(CultureInfo.InvariantCulture, $"%!{verb}(MISSING)");
            }
            else
            {
                text.Append(directive.Apply(verb.ToString(), arguments[next++]));
            }
        }

        if (!reordered && next < arguments.Count)
        {
            text.Append("%!(EXTRA ")
                .AppendJoin(", ", arguments.Skip(next).Select(static a => a is null ? "<nil>" : GoType.NameOf(a) + "=" + Print(a)))
                .Append(')');
        }

        return text.ToString();
    }

    /// <summary>As <c>%q</c> does.</summary>
    public static string Quote(string text, bool ascii = false)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is >= '\uDC80' and <= '\uDCFF')
            {
                quoted.Append(CultureInfo.InvariantCulture, $"\\x{c - '\uDC00':x2}");
            }
            else if (Rune.TryGetRuneAt(text, i, out var rune))
            {
                QuoteRune(quoted, rune, '"', ascii);
                i += rune.Utf16SequenceLength - 1;
            }
            else
            {
                QuoteRune(quoted, Rune.ReplacementChar, '"', ascii);
            }
        }

        return quoted.Append('"').ToString();
    }

    internal static void QuoteRune(StringBuilder quoted, Rune rune, char quote, bool ascii)
    {
        var text = rune.Value switch
        {
            '\a' => "\\a",
            '\b' => "\\b",
            '\f' => "\\f",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\v' => "\\v",
            '\\' => "\\\\",
            < ' ' or 0x7F => string.Create(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}"),
            _ when rune.Value == quote => "\\" + quote,
            _ when rune.IsAscii || (!ascii && IsPrintable(rune)) => rune.ToString(),
            <= 0xFFFF => string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"),
        };
        quoted.Append(text);
    }

    internal static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator) || rune.Value == ' ';

    internal static string PrintTree(object? value, char verb, TreeGuard guard, int depth, Directive? directive = null)
    {
        string Element(object? item)
        {
            guard.Enter(item, depth);
            return item is null ? "<nil>"
                : directive is not null ? directive.Apply(verb.ToString(), item, guard, depth + 1)
                : item is GoMap or GoList ? PrintTree(item, verb, guard, depth + 1)
                : Print(item);
        }

        return value switch
        {
            GoMap map => "map[" + string.Join(' ', map.Sorted().Select(e => Element(e.Key) + ":" + Element(e.Value))) + "]",
            GoList list => "[" + string.Join(' ', list.Select(Element)) + "]",
            byte[] bytes => "[" + string.Join(' ', bytes) + "]",
            _ => Print(value),
        };
    }

    private static int ReadFlags(string format, int at, Directive directive)
    {
        for (; at < format.Length; at++)
        {
            switch (format[at])
            {
                case '+':
                    directive.Plus = true;
                    break;
                case '-':
                    directive.Minus = true;
                    directive.Zero = false;
                    break;
                case '#':
                    directive.Sharp = true;
                    break;
                case ' ':
                    directive.Space = true;
                    break;
                case '0':
                    directive.Zero = !directive.Minus;
                    break;
                default:
                    return at;
            }
        }

        return at;
    }

    private static int ReadIndex(string format, int at, int count, ref int next, ref bool reordered, ref bool bad)
    {
        if (at >= format.Length || format[at] != '[')
        {
            return at;
        }

        reordered = true;
        var end = format.IndexOf(']', at);
        if (end < 0 || !int.TryParse(format.AsSpan(at + 1, end - at - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            || index < 1 || index > count)
        {
            bad = true;
            return end < 0 ? at + 1 : end + 1;
        }

        next = index - 1;
        return end + 1;
    }

    private static int ReadWidth(
        string format, int at, IReadOnlyList<object?> arguments, Directive directive, StringBuilder text, ref int next, ref bool reordered, ref bool bad)
    {
        directive.Width = ReadNumber(format, ref at, arguments, text, ref next, "%!(BADWIDTH)");
        if (directive.Width < 0)
        {
            directive.Minus = true;
            directive.Zero = false;
            directive.Width = -directive.Width;
        }

        if (at < format.Length && format[at] == '.')
        {
            at = ReadIndex(format, at + 1, arguments.Count, ref next, ref reordered, ref bad);
            directive.Precision = ReadNumber(format, ref at, arguments, text, ref next, "%!(BADPREC)") ?? 0;
            if (directive.Precision < 0)
            {
                directive.Precision = null;
                text.Append("%!(BADPREC)");
            }
        }

        return at;
    }

    private static int? ReadNumber(string format, ref int at, IReadOnlyList<object?> arguments, StringBuilder text, ref int next, string wrong)
    {
        if (at < format.Length && format[at] == '*')
        {
            at++;
            if (next < arguments.Count && GoType.TryInteger(arguments[next++], out var given) && given is >= -MaxWidth and <= MaxWidth)
            {
                return (int)given;
            }

            text.Append(wrong);
            return null;
        }

        var start = at;
        while (at < format.Length && char.IsAsciiDigit(format[at]))
        {
            at++;
        }

        return at == start ? null
            : int.TryParse(format.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Min(number, MaxWidth) : MaxWidth;
    }

    /// <summary>One <c>%</c> with its flags.</summary>
    internal sealed class Directive
    {
        public bool Plus { get; set; }

        public bool Minus { get; set; }

        public bool Sharp { get; set; }

        public bool Space { get; set; }

        public bool Zero { get; set; }

        public int? Width { get; set; }

        public int? Precision { get; set; }

        public string Apply(string verb, object? value, TreeGuard? guard = null, int depth = 0)
        {
            switch (verb)
            {
                case "T":
                    return Pad(GoType.NameOf(value), false);
                case "v" when value is null:
                    return Pad("<nil>", false);
                case "p":
                    return "%!p(" + GoType.NameOf(value) + "=" + Print(value) + ")";
            }

            var text = value switch
            {
                null => null,
                string s => OfText(verb, s),
                byte[] b when verb is "s" or "x" or "X" or "q" => OfText(verb, verb is "s" or "q" ? GoText.Decode(b) : Encoding.Latin1.GetString(b), bytes: true),
                bool b when verb is "v" or "t" => Pad(b ? "true" : "false", false),
                double d => OfFloat(verb, d),
                IGoObject o when verb is "v" or "s" => Pad(o.Print(), false),
                GoMap or GoList or byte[] when Sharp && verb is "v" => GoSyntax(value, guard ?? new(), depth),
                GoMap or GoList or byte[] => PrintTree(value, verb[0], guard ?? new(), depth, this),
                _ when GoType.TryInteger(value, out var i) => OfInteger(verb, i, value is ulong u ? u : null),
                _ => null,
            };
            return text ?? (value is null ? $"%!{verb}(<nil>)" : $"%!{verb}({GoType.NameOf(value)}={Print(value)})");
        }

        private string? OfText(string verb, string text, bool bytes = false)
        {
            switch (verb)
            {
                case "v" when Sharp:
                case "q":
                    var quoted = Cut(text);
                    return Pad(Sharp && verb is "q" && !quoted.Contains('`', StringComparison.Ordinal) && !quoted.Any(char.IsControl) ? "`" + quoted + "`" : Quote(quoted, Plus), Zero);
                case "v" or "s":
                    return Pad(Cut(text), Zero);
                case "x" or "X":
                    var raw = bytes ? Encoding.Latin1.GetBytes(text) : GoText.Encode(text);
                    raw = Precision is { } most && most < raw.Length ? raw[..most] : raw;
                    var format = verb is "x" ? "x2" : "X2";
                    var prefix = Sharp && raw.Length > 0 ? "0" + verb : "";
                    var digits = raw.Select(b => b.ToString(format, CultureInfo.InvariantCulture));
                    return Pad(prefix + string.Join(Space ? " " + prefix : "", digits), Zero);
                default:
                    return null;
            }
        }

        private string Cut(string text)
        {
            if (Precision is not { } most || most >= text.Length)
            {
                return text;
            }

            var cut = new StringBuilder();
            foreach (var rune in text.EnumerateRunes().Take(most))
            {
                cut.Append(rune.ToString());
            }

            return cut.ToString();
        }

        private string? OfFloat(string verb, double value)
        {
            var format = verb[0];
            if (verb is not ("v" or "e" or "E" or "f" or "F" or "g" or "G"))
            {
                return null;
            }

            var text = format == 'v' && Precision is null ? GoNumber.Print(value)
                : GoNumber.Format(value, format == 'v' ? 'g' : format, Precision ?? (format is 'g' or 'G' or 'v' ? -1 : 6));
            var finite = double.IsFinite(value);
            return Signed(text.TrimStart('-', '+'), text.StartsWith('-'), finite, Plus || text.StartsWith('+'));
        }

        private string? OfInteger(string verb, long value, ulong? unsigned)
        {
            var negative = unsigned is null && value < 0;
            var size = unsigned ?? (negative ? unchecked((ulong)-value) : (ulong)value);
            string digits;
            switch (verb)
            {
                case "v" or "d":
                    digits = size.ToString(CultureInfo.InvariantCulture);
                    break;
                case "b":
                    digits = (Sharp ? "0b" : "") + Widen(size.ToString("b", CultureInfo.InvariantCulture));
                    return Signed(digits, negative, true, Plus);
                case "o":
                    digits = Widen(Octal(size));
                    return Signed(Sharp && digits[0] != '0' ? "0" + digits : digits, negative, true, Plus);
                case "O":
                    return Signed("0o" + Widen(Octal(size)), negative, true, Plus);
                case "x" or "X":
                    digits = Widen(size.ToString(verb, CultureInfo.InvariantCulture));
                    return Signed(Sharp ? "0" + verb + digits : digits, negative, true, Plus);
                case "c":
                    return Pad(RuneOf(value).ToString(), false);
                case "q":
                    var quoted = new StringBuilder("'");
                    QuoteRune(quoted, RuneOf(value), '\'', Plus);
                    return Pad(quoted.Append('\'').ToString(), false);
                case "U":
                    return Pad("U+" + value.ToString("X4", CultureInfo.InvariantCulture) + (Sharp ? " '" + RuneOf(value) + "'" : ""), false);
                default:
                    return null;
            }

            return Signed(Precision == 0 && size == 0 ? "" : Widen(digits), negative, Precision is null, Plus);
        }

        private string Widen(string digits) => Precision is { } least ? digits.PadLeft(Math.Min(least, MaxWidth), '0') : digits;

        private static string Octal(ulong value)
        {
            var digits = new StringBuilder();
            do
            {
                digits.Insert(0, (char)('0' + (value & 7)));
                value >>= 3;
            }
            while (value > 0);

            return digits.ToString();
        }

        private static Rune RuneOf(long value) => value is >= 0 and <= 0x10FFFF && Rune.IsValid((int)value) ? new((int)value) : Rune.ReplacementChar;

        private string Signed(string digits, bool negative, bool zeros, bool plus)
        {
            var sign = negative ? "-" : plus ? "+" : Space ? " " : "";
            if (Zero && zeros && Width is { } width && !Minus)
            {
                return sign + digits.PadLeft(Math.Max(0, width - sign.Length), '0');
            }

            return Pad(sign + digits, false);
        }

        private string Pad(string text, bool zero)
        {
            if (Width is not { } width)
            {
                return text;
            }

            var missing = width - GoText.RuneCount(text);
            return missing <= 0 ? text : Minus ? text + new string(' ', missing) : new string(zero ? '0' : ' ', missing) + text;
        }

        private static string GoSyntax(object? value, TreeGuard guard, int depth)
        {
            guard.Enter(value, depth);
            return value switch
            {
                null => "interface {}(nil)",
                string s => Quote(s),
                GoMap m => m.TypeName + "{" + string.Join(", ", m.Sorted().Select(e => Quote(e.Key) + ":" + GoSyntax(e.Value, guard, depth + 1))) + "}",
                GoList l => l.TypeName + "{" + string.Join(", ", l.Select(i => GoSyntax(i, guard, depth + 1))) + "}",
                byte[] b => "[]byte{" + string.Join(", ", b.Select(static x => string.Create(CultureInfo.InvariantCulture, $"0x{x:x}"))) + "}",
                _ => Print(value),
            };
        }
    }
}
