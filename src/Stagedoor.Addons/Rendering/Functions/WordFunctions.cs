using System.Text;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>Case, words and random text.</summary>
internal static class WordFunctions
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const string Digits = "0123456789";
    private const int MaxRandom = 1_000_000;

    public static void AddTo(FunctionTable.Builder all) => all
        .Add("title", "s", static a => Title((string)a[0]!))
        .Add("untitle", "s", static a => EachWord((string)a[0]!, static r => Rune.ToLowerInvariant(r)))
        .Add("swapcase", "s", static a => SwapCase((string)a[0]!))
        .Add("nospace", "s", static a => string.Concat(((string)a[0]!).Where(static c => !char.IsWhiteSpace(c))))
        .Add("initials", "s", static a => Initials((string)a[0]!))
        .Add("abbrev", "is", static a => Abbreviate((string)a[1]!, 0, (nint)a[0]!))
        .Add("abbrevboth", "iis", static a => Abbreviate((string)a[2]!, (nint)a[0]!, (nint)a[1]!))
        .Add("snakecase", "s", static a => Connected((string)a[0]!, '_'))
        .Add("kebabcase", "s", static a => Connected((string)a[0]!, '-'))
        .Add("camelcase", "s", static a => Camel((string)a[0]!))
        .Add("wrap", "is", static a => Wrap((string)a[1]!, (nint)a[0]!, "\n", false))
        .Add("wrapWith", "iss", static a => Wrap((string)a[2]!, (nint)a[0]!, (string)a[1]!, true))
        .Add("shuffle", "s", static (x, a) => Shuffle(x, (string)a[0]!))
        .Add("randAlphaNum", "i", static (x, a) => Random(x, (nint)a[0]!, Letters + Digits))
        .Add("randAlpha", "i", static (x, a) => Random(x, (nint)a[0]!, Letters))
        .Add("randNumeric", "i", static (x, a) => Random(x, (nint)a[0]!, Digits))
        .Add("randAscii", "i", static (x, a) => Random(x, (nint)a[0]!, string.Concat(Enumerable.Range(32, 95).Select(static c => (char)c))))
        .Add("randInt", "ii", static (x, a) =>
        {
            var (low, high) = ((nint)a[0]!, (nint)a[1]!);
            return high <= low ? throw new FunctionException("invalid argument to Intn") : low + (nint)Below(x, (ulong)(high - low));
        });

    internal static ulong Below(Executor executor, ulong limit)
    {
        Span<byte> bytes = stackalloc byte[16];
        executor.Run.FillRandom(bytes);
        return (ulong)(BitConverter.ToUInt64(bytes) % (UInt128)limit);
    }

    private static string Random(Executor executor, nint count, string from)
    {
        if (count is < 0 or > MaxRandom)
        {
            throw new FunctionException(count < 0 ? "makeslice: len out of range" : $"more than {MaxRandom} random characters");
        }

        executor.Run.Text(count);
        return string.Create((int)count, (executor, from), static (text, state) =>
        {
            foreach (ref var c in text)
            {
                c = state.from[(int)Below(state.executor, (ulong)state.from.Length)];
            }
        });
    }

    private static string Shuffle(Executor executor, string text)
    {
        var runes = text.EnumerateRunes().ToArray();
        for (var i = runes.Length - 1; i > 0; i--)
        {
            var other = (int)Below(executor, (ulong)i + 1);
            (runes[i], runes[other]) = (runes[other], runes[i]);
        }

        return string.Concat(runes.Select(static r => r.ToString()));
    }

    private static string Title(string text)
    {
        var titled = new StringBuilder(text.Length);
        var atStart = true;
        foreach (var rune in text.EnumerateRunes())
        {
            titled.Append((atStart ? Rune.ToUpperInvariant(rune) : rune).ToString());
            atStart = !(Rune.IsLetterOrDigit(rune) || rune.Value == '_') && (rune.IsAscii || Rune.IsWhiteSpace(rune));
        }

        return titled.ToString();
    }

    private static string EachWord(string text, Func<Rune, Rune> change)
    {
        var changed = new StringBuilder(text.Length);
        var atStart = true;
        foreach (var rune in text.EnumerateRunes())
        {
            changed.Append((atStart ? change(rune) : rune).ToString());
            atStart = Rune.IsWhiteSpace(rune);
        }

        return changed.ToString();
    }

    private static string SwapCase(string text)
    {
        var swapped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var other = Rune.IsUpper(rune) ? Rune.ToLowerInvariant(rune) : Rune.IsLower(rune) ? Rune.ToUpperInvariant(rune) : rune;
            swapped.Append(other.ToString());
        }

        return swapped.ToString();
    }

    private static string Initials(string text)
    {
        var initials = new StringBuilder();
        var atStart = true;
        foreach (var rune in text.EnumerateRunes())
        {
            var space = Rune.IsWhiteSpace(rune);
            if (!space && atStart)
            {
                initials.Append(rune.ToString());
            }

            atStart = space;
        }

        return initials.ToString();
    }

    private static string Abbreviate(string text, nint offset, nint width)
    {
        var length = GoText.ByteCount(text);
        if (width < 4 || (offset > 0 && width < 7) || length <= width)
        {
            return text;
        }

        offset = Math.Min(offset, length);
        offset = length - offset < width - 3 ? length - (width - 3) : offset;
        return offset <= 4 ? GoText.Slice(text, 0, (int)(width - 3)) + "..."
            : offset + width - 3 < length ? "..." + Abbreviate(GoText.Slice(text, (int)offset, length), 0, width - 3)
            : "..." + GoText.Slice(text, (int)(length - (width - 3)), length);
    }

    // Words begin at a separator, before an upper-case letter that follows a lower-case one or begins a word, and before digits.
    private static string Connected(string text, char connector)
    {
        var words = new StringBuilder();
        var runes = text.EnumerateRunes().ToArray();
        for (var i = 0; i < runes.Length; i++)
        {
            var rune = runes[i];
            if (rune.Value is '_' or '-' || Rune.IsWhiteSpace(rune))
            {
                words.Append(connector);
                continue;
            }

            if (i > 0 && words.Length > 0 && words[^1] != connector)
            {
                var before = runes[i - 1];
                var next = i + 1 < runes.Length ? runes[i + 1] : default;
                if (Rune.IsUpper(rune) ? !Rune.IsUpper(before) || Rune.IsLower(next) : Rune.IsDigit(rune) && !Rune.IsDigit(before) && BeginsWord(runes, i, words, connector))
                {
                    words.Append(connector);
                }
            }

            words.Append(Rune.ToLowerInvariant(rune).ToString());
        }

        return words.ToString();
    }

    // A number begins a word if lower-case letters follow it, as in "http2xx", and if the word before is not itself one with a number.
    private static bool BeginsWord(Rune[] runes, int at, StringBuilder words, char connector)
    {
        var word = words.ToString().LastIndexOf(connector) + 1;
        var end = at;
        while (end < runes.Length && Rune.IsDigit(runes[end]))
        {
            end++;
        }

        return end < runes.Length && Rune.IsLower(runes[end]) && !char.IsAsciiDigit(words[word]);
    }

    private static string Camel(string text)
    {
        static bool IsConnector(char c) => c is '_' or '-' || char.IsWhiteSpace(c);
        var start = 0;
        while (start < text.Length && IsConnector(text[start]))
        {
            start++;
        }

        var end = text.Length;
        while (end > start && IsConnector(text[end - 1]))
        {
            end--;
        }

        // What leads and what trails stays as it is.
        var camel = new StringBuilder(text[..start]);
        var upper = true;
        foreach (var rune in text[start..end].EnumerateRunes())
        {
            var isConnector = rune.IsBmp && IsConnector((char)rune.Value);
            if (!isConnector)
            {
                camel.Append((upper ? Rune.ToUpperInvariant(rune) : rune).ToString());
            }

            upper = isConnector;
        }

        return camel.Append(text, end, text.Length - end).ToString();
    }

    private static string Wrap(string text, nint width, string newLine, bool breakWords)
    {
        var lines = new List<string>();
        var at = 0;
        width = Math.Max(1, width);
        while (text.Length - at > width)
        {
            if (text[at] == ' ')
            {
                at++;
                continue;
            }

            var space = text.LastIndexOf(' ', at + (int)width, (int)width + 1);
            var end = space >= at ? space : breakWords ? at + (int)width : text.IndexOf(' ', at + (int)width);
            if (end < 0)
            {
                break;
            }

            lines.Add(text[at..end]);
            at = space >= at || !breakWords ? end + 1 : end;
        }

        lines.Add(text[at..]);
        return string.Join(newLine, lines);
    }
}
