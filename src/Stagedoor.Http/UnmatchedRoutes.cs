using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;

namespace Stagedoor.Http;

/// <summary>
/// What a request is called that no route takes or whose query is no text, and the shape of its refusal, by the beginning of its path. Each
/// module has its own among its traits.
/// </summary>
public sealed class UnmatchedRoutes
{
    private readonly List<(PathString Prefix, ErrorDefinition Error)> _prefixes = [];
    private readonly List<(string[] Segments, ErrorDefinition Error)> _badQueries = [];
    private readonly List<(string[] Segments, ErrorDefinition Error)> _badTexts = [];

    private readonly List<(string[] Segments, Envelope Envelope)> _shapes = [];

    /// <summary>Those of these modules.</summary>
    public static UnmatchedRoutes Of(IEnumerable<IModule> modules)
    {
        var routes = new UnmatchedRoutes();
        foreach (var prefix in modules.SelectMany(static m => m.Traits.Unmatched))
        {
            if (prefix.Shape is { } shape)
            {
                routes.AddShape(prefix.Path, shape);
            }

            if (prefix.NotFound is { } notFound)
            {
                routes.Add(prefix.Path, notFound);
            }

            if (prefix.BadQuery is { } badQuery)
            {
                routes.AddBadQuery(prefix.Path, badQuery);
            }

            if (prefix.BadText is { } badText)
            {
                routes._badTexts.Add((Split(prefix.Path), badText));
            }
        }

        return routes;
    }

    /// <summary>A path or method under <paramref name="prefix"/> that has no route is <paramref name="error"/>.</summary>
    public UnmatchedRoutes Add(string prefix, ErrorDefinition error)
    {
        _prefixes.Add((prefix, error));
        return this;
    }

    /// <summary>A query under <paramref name="prefix"/> that cannot be decoded is <paramref name="error"/>.</summary>
    public UnmatchedRoutes AddBadQuery(string prefix, ErrorDefinition error)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        _badQueries.Add((Split(prefix), error));
        return this;
    }

    /// <summary>A request under <paramref name="prefix"/> that reaches no route is refused in this shape; <c>*</c> is any one segment.</summary>
    public UnmatchedRoutes AddShape(string prefix, Envelope envelope)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        _shapes.Add((Split(prefix), envelope));
        return this;
    }

    /// <summary>The shape under the longest prefix; null when it is the code's own.</summary>
    /// <param name="path">The path as sent.</param>
    public Envelope? FindShape(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var segments = Split(path);
        return _shapes.Where(s => Begins(segments, s.Segments)).OrderByDescending(static s => s.Segments.Length).Select(static s => (Envelope?)s.Envelope).FirstOrDefault();
    }

    /// <summary>The code for a query that cannot be decoded; null when it is the gateway's own.</summary>
    /// <param name="path">The path as sent.</param>
    public ErrorDefinition? FindBadQuery(string path) => Find(_badQueries, path);

    /// <summary>The code for a path or a query whose escapes are no UTF-8; null when it is that of any other that cannot be decoded.</summary>
    /// <param name="path">The path as sent.</param>
    public ErrorDefinition? FindBadText(string path) => Find(_badTexts, path);

    /// <summary>The code for an unmatched path; null when it is the gateway's own.</summary>
    public ErrorDefinition? Find(PathString path) =>
        _prefixes.Where(p => path.StartsWithSegments(p.Prefix, StringComparison.Ordinal)).OrderByDescending(p => p.Prefix.Value!.Length)
            .Select(p => p.Error).FirstOrDefault();

    private static ErrorDefinition? Find(List<(string[] Segments, ErrorDefinition Error)> errors, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var segments = Split(path);
        return errors.Where(e => Begins(segments, e.Segments)).Select(static e => e.Error).FirstOrDefault();
    }

    private static string[] Split(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    private static bool Begins(string[] path, string[] prefix) =>
        path.Length >= prefix.Length && !prefix.Where((p, i) => p is not "*" && !string.Equals(p, path[i], StringComparison.Ordinal)).Any();
}
