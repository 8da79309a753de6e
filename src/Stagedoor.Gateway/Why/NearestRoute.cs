using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Why;

/// <summary>The route that a path without one was perhaps meant for.</summary>
internal sealed class NearestRoute(EndpointDataSource endpoints)
{
    private const int MaxSegments = 24;
    private const int MaxDistance = 3;

    private readonly Lazy<IReadOnlyList<(string[] Segments, string Template, string Methods)>> _routes = new(() =>
    [
        .. endpoints.Endpoints.OfType<RouteEndpoint>()
            .Where(static e => e.RoutePattern.RawText is { } text && !text.Contains("**", StringComparison.Ordinal) && e.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null)
            .Select(static e => (
                Template: e.Metadata.GetMetadata<PathTemplateMetadata>()?.Template ?? "/" + e.RoutePattern.RawText!.Trim('/'),
                Methods: e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []))
            .GroupBy(static e => e.Template, StringComparer.Ordinal)
            .Select(static g => (g.Key.Split('/', StringSplitOptions.RemoveEmptyEntries), g.Key, string.Join(", ", g.SelectMany(static e => e.Methods).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)))),
    ]);

    /// <summary>The template of the nearest route, and the methods that it is served with; null when none is near.</summary>
    public (string Template, string Methods)? Find(string path)
    {
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments.Length is 0 or > MaxSegments)
        {
            return null;
        }

        (int Distance, string Template, string Methods)? best = null;
        foreach (var (theirs, template, methods) in _routes.Value)
        {
            var distance = Distance(segments, theirs);
            if (distance <= MaxDistance && (best is null || distance < best.Value.Distance))
            {
                best = (distance, template, methods);
            }
        }

        return best is { } found ? (found.Template, found.Methods) : null;
    }

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
