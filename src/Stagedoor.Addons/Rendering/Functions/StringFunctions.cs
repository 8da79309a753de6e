using System.Globalization;
using System.Text;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>Cutting, joining, searching and padding of text.</summary>
internal static class StringFunctions
{
    public static void AddTo(FunctionTable.Builder all) => all
        .Add("trunc", "is", static a => Truncate((int)Math.Clamp((nint)a[0]!, int.MinValue, int.MaxValue), (string)a[1]!))
        .Add("trim", "s", static a => ((string)a[0]!).Trim())
        .Add("trimall,trimAll", "ss", static a => TrimAll((string)a[0]!, (string)a[1]!))
        .Add("trimSuffix", "ss", static a => ((string)a[1]!).EndsWith((string)a[0]!, StringComparison.Ordinal) ? ((string)a[1]!)[..^((string)a[0]!).Length] : a[1])
        .Add("trimPrefix", "ss", static a => ((string)a[1]!).StartsWith((string)a[0]!, StringComparison.Ordinal) ? ((string)a[1]!)[((string)a[0]!).Length..] : a[1])
        .Add("upper", "s", static a => ((string)a[0]!).ToUpperInvariant().Replace('\u0131', 'I'))
        .Add("lower", "s", static a => ((string)a[0]!).ToLowerInvariant().Replace('\u0130', 'i'))
        .Add("substr", "iis", static a => Substring((nint)a[0]!, (nint)a[1]!, (string)a[2]!))
        .Add("repeat", "is", static (x, a) =>
        {
            var (count, text) = ((nint)a[0]!, (string)a[1]!);
            if (count < 0)
            {
                throw new FunctionException("strings: negative Repeat count");
            }

            x.Run.Text(Math.Min(count, int.MaxValue) * (long)text.Length);
            return new StringBuilder().Insert(0, text, (int)count).ToString();
        })
        .Add("contains", "ss", static a => ((string)a[1]!).Contains((string)a[0]!, StringComparison.Ordinal))
        .Add("hasPrefix", "ss", static a => ((string)a[1]!).StartsWith((string)a[0]!, StringComparison.Ordinal))
        .Add("hasSuffix", "ss", static a => ((string)a[1]!).EndsWith((string)a[0]!, StringComparison.Ordinal))
        .Add("quote", "v*", static a => string.Join(' ', a.Where(static v => v is not null).Select(static v => GoFormat.Quote(Cast.Text(v)))))
        .Add("squote", "v*", static a => string.Join(' ', a.Where(static v => v is not null).Select(static v => "'" + GoFormat.Print(v) + "'")))
        .Add("cat", "v*", static a => GoFormat.Sprintf(
            string.Join(' ', a.Where(static v => v is not null).Select(static _ => "%v")), [.. a.Where(static v => v is not null)]))
        .Add("indent", "is", static (x, a) => Indent(x, (nint)a[0]!, (string)a[1]!))
        .Add("nindent", "is", static (x, a) => "\n" + Indent(x, (nint)a[0]!, (string)a[1]!))
        .Add("replace", "sss", static (x, a) => Replace(x, (string)a[0]!, (string)a[1]!, (string)a[2]!))
        .Add("plural", "ssi", static a => (nint)a[2]! == 1 ? a[0] : a[1])
        .Add("toString", "v", static a => Cast.Text(a[0]))
        .Add("toStrings", "v", static a => GoList.OfStrings(Cast.Texts(a[0])))
        .Add("split", "ss", static a => Numbered(((string)a[1]!), (string)a[0]!, -1))
        .Add("splitn", "sis", static a => Numbered(((string)a[2]!), (string)a[0]!, (nint)a[1]!))
        .Add("splitList", "ss", static a => GoList.OfStrings(Split((string)a[1]!, (string)a[0]!, -1)))
        .Add("join", "sv", static (x, a) =>
        {
            var texts = Cast.Texts(a[1]);
            x.Run.Text(texts.Sum(t => (long)t.Length + ((string)a[0]!).Length));
            return string.Join((string)a[0]!, texts);
        })
        .Add("sortAlpha", "v", static a => Sorted(a[0]));

    internal static IEnumerable<string> Split(string text, string separator, nint count)
    {
        if (count == 0)
        {
            return [];
        }

        if (separator.Length > 0)
        {
            return count > 0 ? text.Split(separator, (int)Math.Min(count, int.MaxValue)) : text.Split(separator);
        }

        var runes = text.EnumerateRunes().Select(static r => r.ToString()).ToList();
        return count < 0 || runes.Count <= count ? runes : [.. runes.Take((int)count - 1), string.Concat(runes.Skip((int)count - 1))];
    }

    private static GoMap Numbered(string text, string separator, nint count) =>
        new(Split(text, separator, count).Select(static (part, i) => new KeyValuePair<string, object?>(string.Create(CultureInfo.InvariantCulture, $"_{i}"), part)))
        {
            TypeName = "map[string]string",
        };

    private static object Sorted(object? value)
    {
        var texts = Cast.Texts(value);
        if (value is GoList or byte[])
        {
            texts.Sort(GoText.Comparer);
        }
        else if (value is null)
        {
            texts.Add("<nil>");
        }

        return GoList.OfStrings(texts);
    }

    private static string Truncate(int length, string text)
    {
        var bytes = GoText.ByteCount(text);
        return length < 0 && bytes + length > 0 ? GoText.Slice(text, bytes + length, bytes)
            : length >= 0 && bytes > length ? GoText.Slice(text, 0, length)
            : text;
    }

    private static string Substring(nint start, nint end, string text)
    {
        var bytes = GoText.ByteCount(text);
        if (start < 0)
        {
            return Slice(text, 0, end, bytes);
        }

        return end < 0 || end > bytes ? Slice(text, start, bytes, bytes) : Slice(text, start, end, bytes);
    }

    private static string Slice(string text, nint start, nint end, int bytes)
    {
        if (end < 0 || end > bytes)
        {
            throw new FunctionException(string.Create(
                CultureInfo.InvariantCulture, $"runtime error: slice bounds out of range [:{end}]{(end > bytes ? " with length " + GoFormat.Print((nint)bytes) : "")}"));
        }

        return start > end
            ? throw new FunctionException(string.Create(CultureInfo.InvariantCulture, $"runtime error: slice bounds out of range [{start}:{end}]"))
            : GoText.Slice(text, (int)start, (int)end);
    }

    private static string TrimAll(string characters, string text)
    {
        var set = characters.EnumerateRunes().ToHashSet();
        var runes = text.EnumerateRunes().ToList();
        var (start, end) = (0, runes.Count);
        while (start < end && set.Contains(runes[start]))
        {
            start++;
        }

        while (end > start && set.Contains(runes[end - 1]))
        {
            end--;
        }

        return string.Concat(runes[start..end].Select(static r => r.ToString()));
    }

    private static string Indent(Templates.Executor executor, nint spaces, string text)
    {
        if (spaces < 0)
        {
            throw new FunctionException("strings: negative Repeat count");
        }

        var lines = 1 + text.AsSpan().Count('\n');
        executor.Run.Text(Math.Min(spaces, int.MaxValue) * (long)lines);
        var padding = new string(' ', (int)spaces);
        return padding + text.Replace("\n", "\n" + padding, StringComparison.Ordinal);
    }

    private static string Replace(Templates.Executor executor, string old, string with, string text)
    {
        if (old.Length == 0)
        {
            var spaced = new StringBuilder(with);
            foreach (var rune in text.EnumerateRunes())
            {
                spaced.Append(rune.ToString()).Append(with);
                executor.Run.Text(with.Length);
            }

            return spaced.ToString();
        }

        if (with.Length > old.Length)
        {
            executor.Run.Text((long)text.AsSpan().Count(old) * with.Length);
        }

        return text.Replace(old, with, StringComparison.Ordinal);
    }
}
