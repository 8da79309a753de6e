using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Why;

/// <summary>The route that a path without one was perhaps meant for.</summary>
internal sealed class NearestRoute(EndpointDataSource endpoints)
{
    private const int MaxSegments = 24;
    private const int MaxDistance = 3;

    private readonly Lazy<IReadOnlyList<(string[] Segments, string Template, string Methods, ListenerMetadata? Port)>> _routes = new(() =>
    [
        .. endpoints.Endpoints.OfType<RouteEndpoint>()
            .Where(static e => e.RoutePattern.RawText is { } text && !text.Contains("**", StringComparison.Ordinal) && e.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null)
            .Select(static e => (
                Template: e.Metadata.GetMetadata<PathTemplateMetadata>()?.Template ?? TemplateOf(e.RoutePattern),
                Methods: e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [],
                Port: e.Metadata.GetMetadata<ListenerMetadata>()))
            .GroupBy(static e => (e.Template, e.Port))
            .Select(static g => (
                Segments: g.Key.Template.Split('/', StringSplitOptions.RemoveEmptyEntries),
                g.Key.Template,
                Methods: string.Join(", ", g.SelectMany(static e => e.Methods).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)),
                g.Key.Port))
            // What takes any name is near to everything.
            .Where(static r => !Array.TrueForAll(r.Segments, static s => s.Contains('{', StringComparison.Ordinal))),
    ]);

    /// <summary>The nearest route; null when none is near.</summary>
    /// <param name="path">The path.</param>
    /// <param name="listener">The port of its own that was called; null for those that serve everything.</param>
    public NearRoute? Find(string path, string? listener)
    {
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments.Length is 0 or > MaxSegments)
        {
            return null;
        }

        // Of those that are as near, one that the called port serves.
        (int Distance, NearRoute Route)? best = null;
        foreach (var (theirs, template, methods, port) in _routes.Value)
        {
            var distance = Distance(segments, theirs);
            var isElsewhere = listener is null ? port is { IsOnlyThere: true } : !string.Equals(port?.Listener.Title, listener, StringComparison.Ordinal);
            if (distance <= MaxDistance && (best is not { } other || distance < other.Distance || (distance == other.Distance && other.Route.IsElsewhere && !isElsewhere)))
            {
                best = (distance, new(template, methods, isElsewhere, port is { IsOnlyThere: true } ? $"the port of {port.Listener.Title} (setting {port.Listener.Setting})" : "the main port (setting Urls)"));
            }
        }

        return best?.Route;
    }

    // As documents write it: a constraint is nothing for people.
    private static string TemplateOf(RoutePattern pattern) => "/" + string.Join('/', pattern.PathSegments.Select(static s => string.Concat(s.Parts.Select(static p => p switch
    {
        RoutePatternLiteralPart literal => literal.Content,
        RoutePatternSeparatorPart separator => separator.Content,
        RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
        _ => "",
    }))));

    private static int Distance(string[] path, string[] template)
    {
        if (path.Length != template.Length)
        {
            return int.MaxValue;
        }

        var sum = 0;
        for (var i = 0; i < path.Length && sum <= MaxDistance; i++)
        {
            sum += template[i].Contains('{', StringComparison.Ordinal) ? 0 : Distance(path[i], template[i]);
        }

        return sum;
    }

    // Of Levenshtein; a text of another length by much is never near.
    private static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > MaxDistance)
        {
            return int.MaxValue / 32;
        }

        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var corner = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, corner + (a[i - 1] == b[j - 1] ? 0 : 1));
                corner = above;
            }
        }

        return row[b.Length];
    }
}

/// <summary>A route that is near a path.</summary>
/// <param name="Template">Its path, as documents write it.</param>
/// <param name="Methods">The methods that it is served with.</param>
/// <param name="IsElsewhere">The port that was called does not serve it.</param>
/// <param name="Port">The port that serves it.</param>
internal sealed record NearRoute(string Template, string Methods, bool IsElsewhere, string Port)
{
    /// <summary>Whether it is served with a method.</summary>
    public bool Takes(string method) => Methods.Split(", ").Contains(method, StringComparer.Ordinal);
}
