using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Charts;

/// <summary>Puts values where the files of a static package name them: <c>${basic.x}</c>, <c>${custom.y.z}</c> and <c>${flavor.x}</c>; <c>$${</c> stands for <c>${</c>.</summary>
/// <param name="file">The file, as errors name it.</param>
/// <param name="text">What is in it.</param>
internal sealed partial class StaticText(string file, string text)
{
    private static readonly string[] s_roots = ["basic", "custom", "flavor"];

    /// <summary>Whether a text names a value, which is not known before an install.</summary>
    public static bool IsOpen(string text) => Names().Matches(text).Any(static m => !IsEscaped(m));

    /// <summary>The content with the values in it. A text that is nothing but a name becomes the value, of its own type; keys stay as they are.</summary>
    /// <exception cref="TemplateException">There is no such value, or it is a map or a list.</exception>
    public object? Fill(object? content, GoMap values) => Each(content, "", (match, place) => Find(match, place, values));

    /// <summary>Refuses names that there can be no value for.</summary>
    /// <exception cref="TemplateException">There is one.</exception>
    public void Check(object? content) => Each(content, "", (match, place) =>
    {
        Split(match, place);
        return "";
    });

    private static bool IsEscaped(Match match) => match.Value.StartsWith("$$", StringComparison.Ordinal);

    private static object? Each(object? content, string place, Func<Match, string, object?> find) => content switch
    {
        GoMap map => new GoMap(map.Select(e => KeyValuePair.Create(e.Key, Each(e.Value, place.Length == 0 ? e.Key : $"{place}.{e.Key}", find)))),
        GoList list => new GoList(list.Select((item, i) => Each(item, $"{place}[{i}]", find))),
        string scalar => Scalar(scalar, place, find),
        _ => content,
    };

    private static object? Scalar(string scalar, string place, Func<Match, string, object?> find)
    {
        var matches = Names().Matches(scalar);
        if (matches is [var whole] && whole.Length == scalar.Length && !IsEscaped(whole))
        {
            return find(whole, place);
        }

        var filled = new StringBuilder();
        var at = 0;
        foreach (Match match in matches)
        {
            filled.Append(scalar, at, match.Index - at).Append(IsEscaped(match) ? match.Value[1..] : Print(find(match, place)));
            at = match.Index + match.Length;
        }

        return at == 0 ? scalar : filled.Append(scalar, at, scalar.Length - at).ToString();
    }

    private object? Find(Match match, string place, GoMap values)
    {
        var path = Split(match, place);
        GoMap? table = values;
        foreach (var part in path.AsSpan(0, path.Length - 1))
        {
            table = table?.GetValueOrDefault(part) as GoMap;
        }

        object? value = null;
        if (table?.TryGetValue(path[^1], out value) is not true)
        {
            throw Error(match, place, "there is no such value");
        }

        return value is GoMap or GoList ? throw Error(match, place, "the value is a map or a list, and only a scalar can be put in") : value;
    }

    private string[] Split(Match match, string place)
    {
        var path = match.Groups["name"].Value.Split('.');
        return path.Length >= 2 && s_roots.Contains(path[0], StringComparer.Ordinal) && path.All(static p => p.Length > 0)
            ? path
            : throw Error(match, place, "only values of basic, custom and flavor can be named; $${ stands for ${ itself");
    }

    private TemplateException Error(Match match, string place, string reason)
    {
        var name = Stagedoor.Text.Cut(match.Value, 100);
        var at = text.IndexOf(match.Value, StringComparison.Ordinal);
        var line = at < 0 ? 0 : text.AsSpan(0, at).Count('\n') + 1;
        return new($"{file}{(line > 0 ? string.Create(CultureInfo.InvariantCulture, $":{line}") : "")}: {Stagedoor.Text.Cut(place, 200)}: {name}: {reason}", file, line, -1, null);
    }

    private static string Print(object? value) => new GoMap { ["value"] = value }.Text("value");

    [GeneratedRegex(@"\$?\$\{(?<name>[^{}\n]*)\}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Names();
}
