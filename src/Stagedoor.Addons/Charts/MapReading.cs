using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Charts;

/// <summary>Reads the members of a map of which the type is known.</summary>
internal static class MapReading
{
    /// <summary>The text of the key; empty where there is none. A number or a truth that nobody quoted is text as well.</summary>
    public static string Text(this GoMap map, string key) => map.GetValueOrDefault(key) switch
    {
        string text => text,
        bool b => b ? "true" : "false",
        double number => Math.Truncate(number) == number ? GoNumber.Json(number) : GoNumber.Print(number),
        _ => "",
    };

    /// <summary>The list of the key; empty where there is none.</summary>
    public static GoList List(this GoMap map, string key) => map.GetValueOrDefault(key) as GoList ?? [];

    /// <summary>The map at a path with dots; <c>null</c> where there is none.</summary>
    public static GoMap? Table(this GoMap map, string path)
    {
        foreach (var part in path.Split('.'))
        {
            if (map.GetValueOrDefault(part) is not GoMap inner)
            {
                return null;
            }

            map = inner;
        }

        return map;
    }

    /// <summary>The value at a path with dots; <c>null</c> where there is none.</summary>
    public static object? At(this GoMap map, string path)
    {
        var last = path.LastIndexOf('.');
        var table = last < 0 ? map : map.Table(path[..last]);
        return table?.GetValueOrDefault(path[(last + 1)..]);
    }
}
