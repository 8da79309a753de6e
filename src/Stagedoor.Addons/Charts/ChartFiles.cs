using System.Text;
using System.Text.RegularExpressions;
using Stagedoor.Addons.Rendering.Functions;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Charts;

/// <summary>What a template sees as <c>.Files</c>.</summary>
internal static class ChartFiles
{
    public static GoMap Of(IEnumerable<KeyValuePair<string, byte[]>> files)
    {
        var all = files.ToDictionary(StringComparer.Ordinal);
        return new(all.Select(static f => KeyValuePair.Create(f.Key, (object?)f.Value)))
        {
            TypeName = "engine.files",
            Methods = name => Method(name, all),
        };
    }

    private static GoFunction? Method(string name, Dictionary<string, byte[]> files) => name switch
    {
        "Get" => new(name, "s", (_, a) => files.TryGetValue((string)a[0]!, out var bytes) ? GoText.Decode(bytes) : ""),
        "GetBytes" => new(name, "s", (_, a) => files.GetValueOrDefault((string)a[0]!) ?? []),
        "Lines" => new(name, "s", (_, a) => GoList.OfStrings(files.TryGetValue((string)a[0]!, out var bytes) ? Lines(GoText.Decode(bytes)) : [])),
        "Glob" => new(name, "s", (x, a) =>
        {
            x.Run.Step(files.Count + 1);
            var pattern = Pattern((string)a[0]!);
            return Of(files.Where(f => pattern.IsMatch(f.Key)));
        }),
        "AsConfig" => new(name, "", (x, _) => HelmFunctions.ToYaml(x, ByName(files, static b => GoText.Decode(b)))),
        "AsSecrets" => new(name, "", (x, _) => HelmFunctions.ToYaml(x, ByName(files, static b => Convert.ToBase64String(b)))),
        _ => null,
    };

    // No files are no text, not "{}".
    private static object? ByName(Dictionary<string, byte[]> files, Func<byte[], string> text)
    {
        var map = new GoMap();
        foreach (var (path, bytes) in files.OrderBy(static f => f.Key, StringComparer.Ordinal))
        {
            map[PathFunctions.Base(path)] = text(bytes);
        }

        return map;
    }

    private static string[] Lines(string text) => (text.EndsWith('\n') ? text[..^1] : text).Split('\n');

    // Stars do not go over a slash, two stars do.
    private static Regex Pattern(string glob)
    {
        var regex = new StringBuilder("^");
        var braces = 0;
        for (var i = 0; i < glob.Length; i++)
        {
            switch (glob[i])
            {
                case '*' when i + 1 < glob.Length && glob[i + 1] == '*':
                    regex.Append(".*");
                    i++;
                    break;
                case '*':
                    regex.Append("[^/]*");
                    break;
                case '?':
                    regex.Append("[^/]");
                    break;
                case '\\' when i + 1 < glob.Length:
                    regex.Append(Regex.Escape(glob[++i].ToString()));
                    break;
                case '{':
                    braces++;
                    regex.Append("(?:");
                    break;
                case '}' when braces > 0:
                    braces--;
                    regex.Append(')');
                    break;
                case ',' when braces > 0:
                    regex.Append('|');
                    break;
                case '[' when glob.IndexOf(']', i) is > 0 and var end:
                    var set = glob[(i + 1)..end];
                    regex.Append('[').Append(set.StartsWith('!') ? "^" + set[1..] : set).Append(']');
                    i = end;
                    break;
                default:
                    regex.Append(Regex.Escape(glob[i].ToString()));
                    break;
            }
        }

        try
        {
            return new(regex.Append("\\z").ToString(), RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant);
        }
        catch (ArgumentException)
        {
            // A pattern that is none matches everything, as in Helm.
            return new("", RegexOptions.NonBacktracking);
        }
    }
}
