using System.Globalization;
using System.Text;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Yaml;

/// <summary>TOML, written as Helm writes it, and the plain part of it read: tables, lists, texts, numbers, booleans.</summary>
internal static class TomlText
{
    /// <summary>Writes a map.</summary>
    /// <exception cref="FormatException">It is no map, or holds what TOML has not.</exception>
    public static string Write(object? value)
    {
        var text = new StringBuilder();
        var map = value as GoMap ?? throw new FormatException("toml: top-level values must be Go maps or structs");

        // JSON's writer knows what is too large.
        _ = JsonText.Write(map);
        Table(text, map, [], 0);
        return text.ToString();
    }

    /// <summary>Reads a document.</summary>
    /// <exception cref="FormatException">It is no TOML, or more of it than is read here.</exception>
    public static object? Read(string text) => new TomlReader(text).Read();

    private static void Table(StringBuilder text, GoMap map, List<string> path, int depth)
    {
        if (depth > 100)
        {
            throw new FormatException("nested too deeply for TOML");
        }

        var indent = new string(' ', 2 * depth);
        foreach (var (key, value) in map.Sorted())
        {
            if (value is not (null or GoMap) && !IsTables(value))
            {
                text.Append(indent).Append(Key(key)).Append(" = ");
                Value(text, value);
                text.Append('\n');
            }
        }

        foreach (var (key, value) in map.Sorted())
        {
            List<string> inner = [.. path, Key(key)];
            var name = string.Join('.', inner);
            if (value is GoMap table)
            {
                // A blank line stands before a table of the top, and before each of a list.
                if (depth == 0)
                {
                    Break(text);
                }

                text.Append(indent).Append('[').Append(name).Append("]\n");
                Table(text, table, inner, depth + 1);
            }
            else if (IsTables(value))
            {
                foreach (var item in (GoList)value!)
                {
                    Break(text);
                    text.Append(indent).Append("[[").Append(name).Append("]]\n");
                    Table(text, (GoMap)item!, inner, depth + 1);
                }
            }
        }
    }

    private static void Break(StringBuilder text)
    {
        if (text.Length > 0)
        {
            text.Append('\n');
        }
    }

    private static bool IsTables(object? value) => value is GoList { Count: > 0 } list && list.TrueForAll(static i => i is GoMap);

    private static string Key(string key) => key.Length > 0 && key.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? key : Quoted(key);

    private static void Value(StringBuilder text, object? value)
    {
        switch (value)
        {
            case string s:
                text.Append(Quoted(s));
                break;
            case bool b:
                text.Append(b ? "true" : "false");
                break;
            case double d:
                var number = double.IsFinite(d) ? GoNumber.Plain(d) : GoNumber.Print(d).ToLowerInvariant();
                text.Append(number).Append(double.IsFinite(d) && !number.Contains('.', StringComparison.Ordinal) ? ".0" : "");
                break;
            case GoList list:
                text.Append('[');
                for (var i = 0; i < list.Count; i++)
                {
                    text.Append(i > 0 ? ", " : "");
                    Value(text, list[i]);
                }

                text.Append(']');
                break;
            case GoMap map:
                text.Append('{');
                var first = true;
                foreach (var (key, item) in map.Sorted().Where(static e => e.Value is not null))
                {
                    text.Append(first ? "" : ", ").Append(Key(key)).Append(" = ");
                    Value(text, item);
                    first = false;
                }

                text.Append('}');
                break;
            case null:
                throw new FormatException("toml: cannot encode array with nil element");
            default:
                text.Append(GoFormat.Print(value));
                break;
        }
    }

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '\b' => quoted.Append("\\b"),
                '\t' => quoted.Append("\\t"),
                '\n' => quoted.Append("\\n"),
                '\f' => quoted.Append("\\f"),
                '\r' => quoted.Append("\\r"),
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                < ' ' or 0x7F => quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                _ => quoted.Append(rune.ToString()),
            };
        }

        return quoted.Append('"').ToString();
    }
}
