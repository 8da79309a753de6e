using System.Globalization;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Drivers.Kubernetes;

/// <summary>A step of a path to a field, as API servers write them.</summary>
/// <param name="Member">A member of a map; <c>null</c> for an element of a list.</param>
/// <param name="Element">What stands between the brackets for an element.</param>
internal sealed record FieldPath(string? Member, string Element)
{
    /// <summary>Reads <c>.a.b[k="v",l=1][="x"][0].c</c>.</summary>
    public static IReadOnlyList<FieldPath> Read(string text)
    {
        var steps = new List<FieldPath>();
        var at = 0;
        while (at < text.Length)
        {
            if (text[at] == '[')
            {
                var end = EndOfElement(text, at + 1);
                steps.Add(new(null, text[(at + 1)..end]));
                at = end + 1;
                continue;
            }

            at += text[at] == '.' ? 1 : 0;
            var next = text.AsSpan(at).IndexOfAny('.', '[') is >= 0 and var found ? at + found : text.Length;
            if (next > at)
            {
                steps.Add(new(text[at..next], ""));
            }

            at = Math.Max(next, at + (next == at ? 1 : 0));
        }

        return steps;
    }

    /// <summary>Where the element is in a list; -1 where it is not.</summary>
    public int IndexIn(GoList list)
    {
        if (int.TryParse(Element, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            return index < list.Count ? index : -1;
        }

        var keys = Keys();
        return list.FindIndex(item => keys.Count > 0 && keys.All(k => k.Key.Length == 0 ? Same(item, k.Value) : item is GoMap map && Same(map.GetValueOrDefault(k.Key), k.Value)));
    }

    private List<(string Key, string Value)> Keys()
    {
        var keys = new List<(string Key, string Value)>();
        var at = 0;
        while (at < Element.Length && Element.IndexOf('=', at) is >= 0 and var equals)
        {
            var end = EndOfValue(equals + 1);
            keys.Add((Element[at..equals], Element[(equals + 1)..end]));
            at = end + 1;
        }

        return keys;
    }

    private int EndOfValue(int from)
    {
        var isQuoted = false;
        for (var i = from; i < Element.Length; i++)
        {
            isQuoted ^= Element[i] == '"' && Element[i - 1] != '\\';
            if (Element[i] == ',' && !isQuoted)
            {
                return i;
            }
        }

        return Element.Length;
    }

    private static int EndOfElement(string text, int from)
    {
        var isQuoted = false;
        for (var i = from; i < text.Length; i++)
        {
            isQuoted ^= text[i] == '"' && text[i - 1] != '\\';
            if (text[i] == ']' && !isQuoted)
            {
                return i;
            }
        }

        return text.Length;
    }

    private static bool Same(object? value, string json) => value is not null and not GoMap and not GoList && string.Equals(JsonText.Write(value, escapeHtml: false), json, StringComparison.Ordinal);
}
