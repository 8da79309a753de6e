using System.Globalization;
using System.Text;
using System.Text.Json;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Yaml;

/// <summary>JSON as Go writes and reads it.</summary>
internal static class JsonText
{
    private const int MaxDepth = 500;

    /// <summary>Writes a value.</summary>
    /// <exception cref="FormatException">JSON has no such value.</exception>
    public static string Write(object? value, string? indent = null, bool escapeHtml = true)
    {
        var text = new StringBuilder();
        Write(text, value, indent, escapeHtml, 0, new());
        return text.ToString();
    }

    /// <summary>Reads a text; every number is a <c>double</c>.</summary>
    /// <exception cref="FormatException">It is no JSON.</exception>
    public static object? Read(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(GoText.Encode(text), new() { MaxDepth = MaxDepth });
            return ValueOf(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new FormatException(text.AsSpan().Trim().IsEmpty ? "unexpected end of JSON input"
                : string.Create(CultureInfo.InvariantCulture, $"invalid JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine}"), e);
        }
        catch (InvalidOperationException e)
        {
            // A lone surrogate in an escape.
            throw new FormatException("invalid escape in JSON string", e);
        }
    }

    /// <summary>Writes a text between quotes.</summary>
    public static void WriteString(StringBuilder text, string value, bool escapeHtml = true)
    {
        text.Append('"');
        foreach (var rune in value.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '<' or '>' or '&' when escapeHtml => text.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                < ' ' or 0x2028 or 0x2029 => text.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                _ => text.Append(rune.ToString()),
            };
        }

        text.Append('"');
    }

    private static void Write(StringBuilder text, object? value, string? indent, bool escapeHtml, int depth, TreeGuard guard)
    {
        guard.Enter(value, depth);

        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case bool b:
                text.Append(b ? "true" : "false");
                break;
            case string s:
                WriteString(text, s, escapeHtml);
                break;
            case double d when !double.IsFinite(d):
                throw new UnserializableException($"json: unsupported value: {GoNumber.Print(d)}");
            case double d:
                text.Append(GoNumber.Json(d));
                break;
            case byte[] bytes:
                text.Append('"').Append(Convert.ToBase64String(bytes)).Append('"');
                break;
            case GoMap map:
                WriteAll(text, '{', '}', [.. map.Sorted()], indent, depth, entry =>
                {
                    WriteString(text, entry.Key, escapeHtml);
                    text.Append(indent is null ? ":" : ": ");
                    Write(text, entry.Value, indent, escapeHtml, depth + 1, guard);
                });
                break;
            case GoList list:
                WriteAll(text, '[', ']', list, indent, depth, item => Write(text, item, indent, escapeHtml, depth + 1, guard));
                break;
            case GoTime time:
                text.Append('"').Append(time.Json()).Append('"');
                break;
            case IJsonObject other:
                Write(text, other.ToJson(), indent, escapeHtml, depth, guard);
                break;
            case GoDuration or not IGoObject:
                text.Append(value is GoDuration duration ? duration.Nanoseconds.ToString(CultureInfo.InvariantCulture) : GoFormat.Print(value));
                break;
            default:
                WriteString(text, GoFormat.Print(value), escapeHtml);
                break;
        }
    }

    private static void WriteAll<T>(StringBuilder text, char open, char close, IReadOnlyList<T> items, string? indent, int depth, Action<T> write)
    {
        text.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            text.Append(i > 0 ? "," : "");
            Break(depth + 1);
            write(items[i]);
        }

        if (items.Count > 0)
        {
            Break(depth);
        }

        text.Append(close);

        void Break(int levels)
        {
            if (indent is not null)
            {
                text.Append('\n').Insert(text.Length, indent, levels);
            }
        }
    }

    private static object? ValueOf(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var map = new GoMap();
                foreach (var property in element.EnumerateObject())
                {
                    map[property.Name] = ValueOf(property.Value);
                }

                return map;
            case JsonValueKind.Array:
                return new GoList(element.EnumerateArray().Select(ValueOf));
            case JsonValueKind.String:
                return element.GetString();
            case JsonValueKind.Number:
                var number = element.GetDouble();
                return double.IsFinite(number) ? number : throw new FormatException($"json: cannot unmarshal number {element.GetRawText()} into Go value of type float64");
            case JsonValueKind.True:
                return true;
            case JsonValueKind.False:
                return false;
            default:
                return null;
        }
    }
}
