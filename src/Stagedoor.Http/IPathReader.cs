using Microsoft.AspNetCore.Http;

namespace Stagedoor.Http;

/// <summary>
/// Reads paths that routing alone cannot: names in them hold slashes that some clients send as they are. Every registered one sees every request
/// before routing, and may give it the path that routing understands. What was sent stays the raw target, which is what signatures are for.
/// </summary>
public interface IPathReader
{
    /// <summary>Whether the path may be one of its own. Asked of every request: it must not allocate.</summary>
    bool Concerns(PathString path);

    /// <summary>Gives the request the path that it means.</summary>
    ValueTask ReadAsync(HttpContext context);
}
