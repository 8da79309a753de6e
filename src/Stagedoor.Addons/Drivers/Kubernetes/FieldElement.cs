using System.Globalization;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Drivers.Kubernetes;

/// <summary>An element of a list in the path of a field, as API servers write it: <c>[name="app",port=80]</c>, <c>[="x"]</c>, <c>[0]</c>.</summary>
internal static class FieldElement
{
    /// <summary>Where the bracket closes that a text begins with; the end of the text where it does not.</summary>
    public static int EndOf(ReadOnlySpan<char> text) => Find(text, 1, ']');

    /// <summary>Where the element is in a list; -1 where it is not.</summary>
    public static int IndexIn(GoList list, string element)
    {
        if (int.TryParse(element, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            return index < list.Count ? index : -1;
        }

        var keys = new List<(string Key, string Value)>();
        var at = 0;
        while (at < element.Length && element.IndexOf('=', at) is >= 0 and var equals)
        {
            var end = Find(element, equals + 1, ',');
            keys.Add((element[at..equals], element[(equals + 1)..end]));
            at = end + 1;
        }

        return keys.Count == 0 ? -1 : list.FindIndex(item => keys.TrueForAll(k => k.Key.Length == 0 ? Same(item, k.Value) : item is GoMap map && Same(map.GetValueOrDefault(k.Key), k.Value)));
    }

    // Between quotes the sign means nothing.
    private static int Find(ReadOnlySpan<char> text, int from, char sign)
    {
        var isQuoted = false;
        for (var i = from; i < text.Length; i++)
        {
            isQuoted ^= text[i] == '"' && text[i - 1] != '\\';
            if (text[i] == sign && !isQuoted)
            {
                return i;
            }
        }

        return text.Length;
    }

    private static bool Same(object? value, string json) => value is not null and not GoMap and not GoList && string.Equals(JsonText.Write(value, escapeHtml: false), json, StringComparison.Ordinal);
}
