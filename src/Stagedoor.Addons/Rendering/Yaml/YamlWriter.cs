using System.Globalization;
using System.Text;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Yaml;

/// <summary>Writes YAML as Helm's <c>toYaml</c> does: block style, keys sorted with numbers in them by size, quotes only where a reader would take a text for something else.</summary>
internal sealed class YamlWriter
{
    private const int Width = 80;
    private const int MaxSimpleKey = 128;

    private readonly StringBuilder _text = new();
    private readonly TreeGuard _guard = new();
    private readonly bool _indentLists;
    private int _lineStart;

    private YamlWriter(bool indentLists) => _indentLists = indentLists;

    // How many characters the line has.
    private int Column => GoText.RuneCount(_text.ToString(_lineStart, _text.Length - _lineStart));

    /// <summary>Writes a value; it ends with a line end.</summary>
    /// <exception cref="FormatException">JSON has no such value.</exception>
    public static string Write(object? value, bool indentLists = false)
    {
        var writer = new YamlWriter(indentLists);
        writer.Node(value, 0, 0, true, false);
        writer.NewLine();
        return writer._text.ToString();
    }

    private void NewLine()
    {
        if (_text.Length == 0 || _text[^1] != '\n')
        {
            _text.Append('\n');
        }

        _lineStart = _text.Length;
    }

    private void Indent(int spaces)
    {
        if (_text.Length > 0 && _text.Length > _lineStart)
        {
            NewLine();
        }

        _text.Append(' ', spaces);
    }

    // "inline": the value begins where the line stands, as behind "- " or at the very start.
    private void Node(object? value, int indent, int depth, bool inline, bool inMapping)
    {
        _guard.Enter(value, depth);

        switch (value)
        {
            case GoMap { Count: > 0 } map:
                Mapping(map, indent, depth, inline);
                break;
            case GoList { Count: > 0 } list:
                Sequence(list, indent, depth, inline);
                break;
            case IJsonObject other:
                Node(other.ToJson(), indent, depth, inline, inMapping);
                break;
            default:
                if (inMapping)
                {
                    _text.Append(' ');
                }

                // A scalar that is the whole document is indented as if it were in a map.
                Scalar(value, Math.Max(indent, 2), false);
                break;
        }
    }

    private void Mapping(GoMap map, int indent, int depth, bool inline)
    {
        var keys = map.Keys.ToArray();
        Array.Sort(keys, NaturalOrder.Compare);
        foreach (var key in keys)
        {
            if (!inline)
            {
                Indent(indent);
            }

            inline = false;
            var isSimple = Encoding.UTF8.GetByteCount(key) <= MaxSimpleKey && !key.AsSpan().ContainsAny("\n\r\u0085\u2028\u2029");
            if (!isSimple)
            {
                _text.Append("? ");
                Text(key, indent + 2, false);
                Indent(indent);
            }
            else
            {
                Text(key, indent, true);
            }

            _text.Append(':');
            Node(map[key], map[key] is GoList ? (_indentLists ? indent + 2 : indent) : indent + 2, depth + 1, false, true);
        }
    }

    private void Sequence(GoList list, int indent, int depth, bool inline)
    {
        foreach (var item in list)
        {
            if (!inline)
            {
                Indent(indent);
            }

            inline = false;
            _text.Append("- ");
            Node(item, indent + 2, depth + 1, true, false);
        }
    }

    private void Scalar(object? value, int indent, bool isKey)
    {
        switch (value)
        {
            case null:
                _text.Append("null");
                break;
            case bool b:
                _text.Append(b ? "true" : "false");
                break;
            case string s:
                Text(GoText.Clean(s), indent, isKey);
                break;
            case double d:
                _text.Append(Number(d));
                break;
            case GoMap:
                _text.Append("{}");
                break;
            case GoList:
                _text.Append("[]");
                break;
            case byte[] bytes:
                Text(Convert.ToBase64String(bytes), indent, isKey);
                break;
            case GoTime time:
                Text(time.Json(), indent, isKey);
                break;
            case GoDuration duration:
                _text.Append(duration.Nanoseconds.ToString(CultureInfo.InvariantCulture));
                break;
            case IGoObject other:
                Text(other.Print(), indent, isKey);
                break;
            default:
                _text.Append(GoFormat.Print(value));
                break;
        }
    }

    // By way of JSON: 3e+06 is 3000000 there, which is a whole number.
    private static string Number(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new UnserializableException($"json: unsupported value: {GoNumber.Print(value)}");
        }

        var json = GoNumber.Json(value);
        return YamlScalar.Resolve(json) is { Kind: YamlScalar.Kind.Integer } ? (json is "-0" ? "0" : json) : GoNumber.Print(value);
    }

    private void Text(string text, int indent, bool isKey)
    {
        var shape = ScalarShape.Of(text);
        var isPlain = (YamlScalar.Resolve(text).Kind is YamlScalar.Kind.Text or YamlScalar.Kind.Merge) && !YamlScalar.IsSexagesimal(text);
        if (text.Contains('\n', StringComparison.Ordinal))
        {
            if (shape.MayBeBlock && !isKey)
            {
                Literal(text, indent);
            }
            else
            {
                DoubleQuoted(text, indent, isKey);
            }
        }
        else if (isKey && shape.IsMultiline)
        {
            DoubleQuoted(text, indent, isKey);
        }
        else if (isPlain && shape.MayBePlain)
        {
            Folded(text, indent, isKey);
        }
        else if (isPlain && shape.MayBeSingleQuoted)
        {
            _text.Append('\'');
            Folded(text.Replace("'", "''", StringComparison.Ordinal), indent, isKey, isQuoted: true);
            _text.Append('\'');
        }
        else
        {
            DoubleQuoted(text, indent, isKey);
        }
    }

    // A line that is long enough goes on in the next one at a single space.
    private void Folded(string text, int indent, bool isKey, bool isQuoted = false)
    {
        var column = Column;
        for (var i = 0; i < text.Length; i++)
        {
            var mayBreak = text[i] == ' ' && !isKey && column > Width && (i == 0 || text[i - 1] != ' ') && i + 1 < text.Length && text[i + 1] != ' '
                && (!isQuoted || i > 0);
            if (mayBreak)
            {
                NewLine();
                _text.Append(' ', indent);
                column = indent;
                continue;
            }

            _text.Append(text[i]);
            column += char.IsLowSurrogate(text[i]) ? 0 : 1;
        }
    }

    private void DoubleQuoted(string text, int indent, bool isKey)
    {
        _text.Append('"');
        var column = Column;
        var afterSpace = false;
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            var before = _text.Length;
            if (Escape(rune) is { } escape)
            {
                _text.Append(escape);
                afterSpace = false;
                column += _text.Length - before;
            }
            else if (rune.Value == ' ')
            {
                if (!isKey && !afterSpace && column > Width && at > 0 && at < text.Length - 1)
                {
                    NewLine();
                    _text.Append(' ', indent);
                    column = indent;
                    if (text[at + 1] == ' ')
                    {
                        _text.Append('\\');
                        column++;
                    }
                }
                else
                {
                    _text.Append(' ');
                    column++;
                }

                afterSpace = true;
            }
            else
            {
                _text.Append(rune.ToString());
                afterSpace = false;
                column++;
            }

            at += rune.Utf16SequenceLength;
        }

        _text.Append('"');
    }

    private static string? Escape(Rune rune) => rune.Value switch
    {
        0 => "\\0",
        '\a' => "\\a",
        '\b' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\v' => "\\v",
        '\f' => "\\f",
        '\r' => "\\r",
        0x1b => "\\e",
        '"' => "\\\"",
        '\\' => "\\\\",
        0x85 => "\\N",
        0xA0 => null,
        0x2028 => "\\L",
        0x2029 => "\\P",
        0xFEFF => "\\uFEFF",
        _ when ScalarShape.IsPrintable(rune) => null,
        <= 0xFF => string.Create(CultureInfo.InvariantCulture, $"\\x{rune.Value:X2}"),
        <= 0xFFFF => string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"\\U{rune.Value:X8}"),
    };

    private void Literal(string text, int indent)
    {
        _text.Append('|');
        if (text[0] is ' ' or '\n')
        {
            _text.Append('2');
        }

        if (text[^1] != '\n')
        {
            _text.Append('-');
        }
        else if (text.Length == 1 || text[^2] == '\n')
        {
            _text.Append('+');
        }

        foreach (var line in (text[^1] == '\n' ? text[..^1] : text).Split('\n'))
        {
            _text.Append('\n');
            _lineStart = _text.Length;
            if (line.Length > 0)
            {
                _text.Append(' ', indent).Append(line);
            }
        }

        _text.Append('\n');
        _lineStart = _text.Length;
    }
}
