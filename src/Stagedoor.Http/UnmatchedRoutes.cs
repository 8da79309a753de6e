using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;

namespace Stagedoor.Http;

/// <summary>What a request is called that no route takes, by the beginning of its path. Each module adds its own.</summary>
public sealed class UnmatchedRoutes
{
    private readonly List<(PathString Prefix, ErrorDefinition Error)> _prefixes = [];

    /// <summary>A path or method under <paramref name="prefix"/> that has no route is <paramref name="error"/>.</summary>
    public UnmatchedRoutes Add(string prefix, ErrorDefinition error)
    {
        _prefixes.Add((prefix, error));
        return this;
    }

    /// <summary>The code for an unmatched path; null when it is the gateway's own.</summary>
    public ErrorDefinition? Find(PathString path) =>
        _prefixes.Where(p => path.StartsWithSegments(p.Prefix, StringComparison.Ordinal)).OrderByDescending(p => p.Prefix.Value!.Length)
            .Select(p => p.Error).FirstOrDefault();
}
