using System.Globalization;
using System.Text;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>The functions that Go's template language has itself.</summary>
internal static class LanguageFunctions
{
    public static void AddTo(FunctionTable.Builder all) => all
        .Add("and", "vv*", static a => a[^1])
        .Add("or", "vv*", static a => a[^1])
        .Add("not", "v", static a => !GoType.IsTrue(a[0]))
        .Add("eq", "vv*", static a => AreEqual(a))
        .Add("ne", "vv", static a => !AreEqual(a))
        .Add("lt", "vv", static a => IsLess(a[0], a[1]))
        .Add("le", "vv", static a => IsLess(a[0], a[1]) || AreEqual(a))
        .Add("gt", "vv", static a => !(IsLess(a[0], a[1]) || AreEqual(a)))
        .Add("ge", "vv", static a => !IsLess(a[0], a[1]))
        .Add("len", "v", static a => Length(a[0]))
        .Add("index", "vv*", static a => Index(a))
        .Add("print", "v*", static a => GoFormat.Sprint(a))
        .Add("println", "v*", static a => GoFormat.Sprintln(a))
        .Add("printf", "sv*", static (x, a) =>
        {
            x.Run.Text(((string)a[0]!).Length);
            return GoFormat.Sprintf((string)a[0]!, new ArraySegment<object?>(a, 1, a.Length - 1));
        })
        .Add("html", "v*", static a => EscapeHtml(Joined(a)))
        .Add("js", "v*", static a => EscapeScript(Joined(a)))
        .Add("urlquery", "v*", static a => EscapeQuery(Joined(a)))
        .Add("call", "vv*", static a => throw new FunctionException(
            a[0] is null ? "call of nil" : $"non-function of type {GoType.NameOf(a[0])}"));

    internal static string EscapeQuery(string text)
    {
        var escaped = new StringBuilder();
        foreach (var b in GoText.Encode(text))
        {
            if (b == ' ')
            {
                escaped.Append('+');
            }
            else if (char.IsAsciiLetterOrDigit((char)b) || "-_.~".Contains((char)b, StringComparison.Ordinal))
            {
                escaped.Append((char)b);
            }
            else
            {
                escaped.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
            }
        }

        return escaped.ToString();
    }

    private static string Joined(object?[] values) => values is [string only] ? only
        : GoFormat.Sprint([.. values.Select(static v => v ?? "<no value>")]);

    private static string EscapeHtml(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            _ = c switch
            {
                '\0' => escaped.Append('\uFFFD'),
                '"' => escaped.Append("&#34;"),
                '\'' => escaped.Append("&#39;"),
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }

    private static string EscapeScript(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '\\' => escaped.Append("\\\\"),
                '\'' => escaped.Append("\\'"),
                '"' => escaped.Append("\\\""),
                '<' or '>' or '&' or '=' or < ' ' => escaped.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}"),
                _ when GoFormat.IsPrintable(rune) => escaped.Append(rune.ToString()),
                _ => escaped.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}"),
            };
        }

        return escaped.ToString();
    }

    private static object Length(object? value) => value switch
    {
        null => throw new FunctionException("len of nil pointer"),
        string s => (nint)GoText.ByteCount(s),
        GoMap m => (nint)m.Count,
        GoList l => (nint)l.Count,
        byte[] b => (nint)b.Length,
        _ => throw new FunctionException($"len of type {GoType.NameOf(value)}"),
    };

    private static object? Index(object?[] arguments)
    {
        var item = arguments[0] ?? throw new FunctionException("index of untyped nil");
        for (var i = 1; i < arguments.Length; i++)
        {
            var key = arguments[i];
            item = item switch
            {
                null => throw new FunctionException("index of nil pointer"),
                GoMap map => key is string name ? map.GetValueOrDefault(name) ?? (map.TypeName is "map[string]string" ? "" : null)
                    : throw new FunctionException(key is null ? "value is nil; should be of type string" : $"value has type {GoType.NameOf(key)}; should be string"),
                GoList list => list[At(key, list.Count)],
                byte[] bytes => bytes[At(key, bytes.Length)],
                string text => GoText.Encode(text)[At(key, GoText.ByteCount(text))],
                _ => throw new FunctionException($"can't index item of type {GoType.NameOf(item)}"),
            };
        }

        return item;
    }

    private static int At(object? key, int count) =>
        key is null ? throw new FunctionException("cannot index slice/array with nil")
        : !GoType.TryInteger(key, out var at) ? throw new FunctionException($"cannot index slice/array with type {GoType.NameOf(key)}")
        : at < 0 || at >= count ? throw new FunctionException(string.Create(CultureInfo.InvariantCulture, $"index out of range: {at}"))
        : (int)at;

    private static bool AreEqual(object?[] arguments)
    {
        if (arguments.Length < 2)
        {
            throw new FunctionException("missing argument for comparison");
        }

        var first = arguments[0];
        var kind = BasicKind(first);
        for (var i = 1; i < arguments.Length; i++)
        {
            var other = arguments[i];
            var otherKind = BasicKind(other);
            if (kind == 'x' || otherKind == 'x')
            {
                // Only a nil can be compared with what is no basic kind.
                if (first is null || other is null)
                {
                    if (first is null && other is null)
                    {
                        return true;
                    }

                    continue;
                }

                throw new FunctionException(kind != otherKind ? "incompatible types for comparison"
                    : $"non-comparable type {GoFormat.Print(other)}: {GoType.NameOf(other)}");
            }

            if (kind != otherKind && !(kind is 'i' or 'u' && otherKind is 'i' or 'u'))
            {
                throw new FunctionException("incompatible types for comparison");
            }

            if (kind switch { 's' => string.Equals((string)first!, (string)other!, StringComparison.Ordinal), 'b' => (bool)first! == (bool)other!, 'f' => (double)first! == (double)other!, _ => Whole(first) == Whole(other) })
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsLess(object? left, object? right)
    {
        var (kind, otherKind) = (BasicKind(left), BasicKind(right));
        if (kind == 'x' || otherKind == 'x')
        {
            throw new FunctionException("invalid type for comparison");
        }

        if (kind != otherKind && !(kind is 'i' or 'u' && otherKind is 'i' or 'u'))
        {
            throw new FunctionException("incompatible types for comparison");
        }

        return kind switch
        {
            's' => GoText.Compare((string)left!, (string)right!) < 0,
            'f' => (double)left! < (double)right!,
            'b' => throw new FunctionException("invalid type for comparison"),
            _ => Whole(left) < Whole(right),
        };
    }

    private static char BasicKind(object? value) => value switch
    {
        string => 's',
        bool => 'b',
        double => 'f',
        nint or long or GoDuration => 'i',
        byte or ulong => 'u',
        _ => 'x',
    };

    private static Int128 Whole(object? value) => value is ulong unsigned ? unsigned : GoType.TryInteger(value, out var integer) ? integer : 0;
}
