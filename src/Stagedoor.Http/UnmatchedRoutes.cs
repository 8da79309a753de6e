using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;

namespace Stagedoor.Http;

/// <summary>What a request is called that no route takes or whose query is no text, by the beginning of its path. Each module adds its own.</summary>
public sealed class UnmatchedRoutes
{
    private readonly List<(PathString Prefix, ErrorDefinition Error)> _prefixes = [];
    private readonly List<(PathString Prefix, ErrorDefinition Error)> _badQueries = [];

    /// <summary>A path or method under <paramref name="prefix"/> that has no route is <paramref name="error"/>.</summary>
    public UnmatchedRoutes Add(string prefix, ErrorDefinition error)
    {
        _prefixes.Add((prefix, error));
        return this;
    }

    /// <summary>A query under <paramref name="prefix"/> that cannot be decoded is <paramref name="error"/>.</summary>
    public UnmatchedRoutes AddBadQuery(string prefix, ErrorDefinition error)
    {
        _badQueries.Add((prefix, error));
        return this;
    }

    /// <summary>The code for a query that cannot be decoded; null when it is the gateway's own.</summary>
    /// <param name="path">The path as sent.</param>
    public ErrorDefinition? FindBadQuery(string path) =>
        _badQueries.Where(p => new PathString(path).StartsWithSegments(p.Prefix, StringComparison.Ordinal)).Select(p => p.Error).FirstOrDefault();

    /// <summary>The code for an unmatched path; null when it is the gateway's own.</summary>
    public ErrorDefinition? Find(PathString path) =>
        _prefixes.Where(p => path.StartsWithSegments(p.Prefix, StringComparison.Ordinal)).OrderByDescending(p => p.Prefix.Value!.Length)
            .Select(p => p.Error).FirstOrDefault();
}
