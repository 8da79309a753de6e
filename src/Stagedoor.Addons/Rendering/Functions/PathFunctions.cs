namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>Paths with slashes.</summary>
internal static class PathFunctions
{
    public static void AddTo(FunctionTable.Builder all) => all
        .Add("base,osBase", "s", static a => Base((string)a[0]!))
        .Add("dir,osDir", "s", static a => Directory((string)a[0]!))
        .Add("clean,osClean", "s", static a => Clean((string)a[0]!))
        .Add("ext,osExt", "s", static a => Extension((string)a[0]!))
        .Add("isAbs,osIsAbs", "s", static a => ((string)a[0]!).StartsWith('/'));

    /// <summary>The shortest path of the same meaning.</summary>
    public static string Clean(string path)
    {
        if (path.Length == 0)
        {
            return ".";
        }

        var rooted = path[0] == '/';
        var parts = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part is "" or ".")
            {
                continue;
            }

            if (part is not "..")
            {
                parts.Add(part);
            }
            else if (parts.Count > 0 && parts[^1] is not "..")
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (!rooted)
            {
                parts.Add(part);
            }
        }

        var clean = (rooted ? "/" : "") + string.Join('/', parts);
        return clean.Length == 0 ? "." : clean;
    }

    public static string Base(string path)
    {
        if (path.Length == 0)
        {
            return ".";
        }

        var trimmed = path.TrimEnd('/');
        return trimmed.Length == 0 ? "/" : trimmed[(trimmed.LastIndexOf('/') + 1)..];
    }

    private static string Directory(string path) => Clean(path[..(path.LastIndexOf('/') + 1)]);

    private static string Extension(string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        var dot = name.LastIndexOf('.');
        return dot < 0 ? "" : name[dot..];
    }
}
