using System.CommandLine;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Stagedoor.Serve;

namespace Stagedoor.Tests;

/// <summary>Finds in a text the operations, verbs and settings that it names, and tells those that do not exist.</summary>
internal static partial class NamedThings
{
    /// <summary>Operations (<c>GET /v3/users</c>, <c>…/tags</c>) and paths (<c>/readyz</c>) that no route takes.</summary>
    internal static IEnumerable<string> UnknownOperations(string text, IReadOnlyCollection<RouteEndpoint> routes)
    {
        foreach (Match found in Operation().Matches(text))
        {
            // A page may write an optional end in brackets, or leave out what all its paths begin with.
            var path = found.Groups["path"].Value.Split('?')[0].TrimEnd('.', '-');
            var methods = Method().Matches(found.Groups["methods"].Value).Select(static m => m.Value).ToList();
            var end = found.Groups["end"].Value;
            if (methods.Any(method => !routes.Any(route => Takes(route, method, path) || (end.Length > 0 && Takes(route, method, path + end)))))
            {
                yield return found.Value;
            }
        }

        foreach (Match found in BarePath().Matches(text))
        {
            var path = found.Value.Split('?')[0].TrimEnd('.', '-', '…', '/');
            if (!routes.Any(route => Takes(route, null, path)))
            {
                yield return found.Value;
            }
        }
    }

    /// <summary>Verbs and options of the command line that do not exist.</summary>
    internal static IEnumerable<string> UnknownVerbs(string text, Command root)
    {
        foreach (Match found in Verb().Matches(text))
        {
            var (command, unknown) = (root, "");
            foreach (var word in found.Groups["words"].Value.Split(' ').SelectMany(static w => w.Split('|')[..1]))
            {
                if (command.Subcommands.FirstOrDefault(c => c.Name == word) is not { } next)
                {
                    unknown = word;
                    break;
                }

                command = next;
            }

            if (command == root && found.Groups["words"].Value is not ("help" or "help serve"))
            {
                yield return found.Value;
            }
            else if (command != root && unknown.Length > 0 && command.Subcommands.Count > 0)
            {
                yield return $"{unknown} of {found.Value}";
            }

            foreach (var option in Option().Matches(found.Groups["rest"].Value).Select(static m => m.Value))
            {
                if (option is not ("--help" or "--version") && !command.Options.Any(o => o.Name == option || o.Aliases.Contains(option)))
                {
                    yield return $"{option} of {found.Value}";
                }
            }
        }
    }

    /// <summary>Settings and their variables that do not exist.</summary>
    internal static IEnumerable<string> UnknownSettings(string text) =>
        Key().Matches(Index().Replace(text, ":0")).Select(static m => m.Value)
            .Concat(Variable().Matches(text).Select(static m => Index().Replace(m.Groups["key"].Value.Replace("__", ":", StringComparison.Ordinal), ":0")))
            .Where(static key => !key.EndsWith("Section:Name", StringComparison.Ordinal) && SettingNames.Product.Find(key) is null && SettingNames.Product.Below(key) is []);

    private static bool Takes(RouteEndpoint route, string? method, string path)
    {
        var methods = route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods;
        if (method is null && methods is null)
        {
            return false;
        }

        if (methods is null || (method is not null && !methods.Contains(method, StringComparer.Ordinal)))
        {
            return false;
        }

        var segments = route.RoutePattern.PathSegments;
        var asked = path.TrimStart('…').Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments is [.., { Parts: [RoutePatternParameterPart { IsCatchAll: true }] }])
        {
            // The registry's own paths; its route would take everything.
            return segments is not [{ Parts: [RoutePatternLiteralPart { Content: "v2" }] }, _]
                ? Fits(segments.SkipLast(1), asked.Take(segments.Count - 1))
                : RegistryPath().IsMatch(path);
        }

        // A path alone may be the beginning of many; one that does not begin like any is the end of some.
        return method is null ? segments.Count >= asked.Length && Fits(segments, asked)
            : path.StartsWith('…') || !Root().IsMatch(path)
                ? segments.Count >= asked.Length && asked.Length > 0 && Fits(segments.TakeLast(asked.Length), asked)
                    && segments[^asked.Length].Parts is [RoutePatternLiteralPart]
                : segments.Count == asked.Length && Fits(segments, asked);
    }

    private static bool Fits(IEnumerable<RoutePatternPathSegment> segments, IEnumerable<string> asked) => segments.Zip(asked).All(static part =>
        part.Second.Contains('{', StringComparison.Ordinal)
        || (part.First.Parts is [RoutePatternLiteralPart literal]
            ? string.Equals(literal.Content, part.Second, StringComparison.OrdinalIgnoreCase)
            : part.First.Parts is [RoutePatternParameterPart parameter, ..] && FitsConstraint(parameter, part.Second)));

    // The one constraint on letters that routes have.
    private static bool FitsConstraint(RoutePatternParameterPart parameter, string value) =>
        parameter.Name is not "apiVersion" || ApiVersion().IsMatch(value);

    [GeneratedRegex(@"(?<methods>\b(?:GET|HEAD|POST|PUT|PATCH|DELETE)\b(?:(?: and |, | or |\||/| 和 |、)(?:GET|HEAD|POST|PUT|PATCH|DELETE)\b)*) (?<path>…?/(?:\{[^}]*\}|[A-Za-z0-9_./%$…-])*)(?:\[(?<end>/[^\]]*)\])?", RegexOptions.NonBacktracking)]
    private static partial Regex Operation();

    [GeneratedRegex("GET|HEAD|POST|PUT|PATCH|DELETE", RegexOptions.NonBacktracking)]
    private static partial Regex Method();

    [GeneratedRegex(@"(?<![A-Za-z0-9_}/….:>$-]|(?:GET|HEAD|POST|PUT|PATCH|DELETE) )/(?:v[0-9.]+|healthz|readyz|metrics|version|errors|openapi|docs|swr|registry)\b(?:/(?:\{[^}]*\}|[A-Za-z0-9_.%$…-])*)*", RegexOptions.None, 10_000)]
    private static partial Regex BarePath();

    [GeneratedRegex(@"^/v2(?:/|/(?:.+/)?(?:manifests|blobs|tags/list|referrers|_catalog)(?:/.*)?)?$", RegexOptions.NonBacktracking)]
    private static partial Regex RegistryPath();

    [GeneratedRegex(@"(?<![\w./-])(?<!(?:another|newer|running|by|made by) )stagedoor (?!(?:itself|do|does|was|process|is|has|can|that|when|on|in|and|or|by|with|of|to|needs|keeps)\b)(?<words>[a-z][a-z|-]*(?: [a-z][a-z|-]*)*)(?<rest>[^`\n;&]*)", RegexOptions.None, 10_000)]
    private static partial Regex Verb();

    [GeneratedRegex("(?<![A-Za-z0-9-])--[a-z][a-z-]*", RegexOptions.None, 10_000)]
    private static partial Regex Option();

    [GeneratedRegex(@"(?<![A-Za-z:])(?:Gateway|Images|Discovery|Storage|Tls|Errors|Logging|Iam|Addons|Tracing):[A-Z][A-Za-z0-9]*(?::(?:[A-Z][A-Za-z0-9]*|\{[a-z]+\}|\d+|n\b))*(?! in [^ ]+ does not exist)(?![A-Za-z:{])", RegexOptions.None, 10_000)]
    private static partial Regex Key();

    [GeneratedRegex(@"STAGEDOOR__(?<key>(?:[A-Za-z]+|\{[a-z]+\}|\d+)(?:__(?:[A-Za-z0-9]+|\{[a-z]+\}))*)", RegexOptions.NonBacktracking)]
    private static partial Regex Variable();

    // In a text that is put together, where a number comes.
    [GeneratedRegex(@":(?:\{[a-z]\}|n\b)", RegexOptions.NonBacktracking)]
    private static partial Regex Index();

    [GeneratedRegex("^/(?:v[0-9.]+|v3-ext|healthz|readyz|metrics|version|errors|openapi|docs|swr|registry|health)(?:/|$)", RegexOptions.NonBacktracking)]
    private static partial Regex Root();

    [GeneratedRegex(@"^v[0-9]+(?:[.][0-9]+)*$", RegexOptions.NonBacktracking)]
    private static partial Regex ApiVersion();
}
