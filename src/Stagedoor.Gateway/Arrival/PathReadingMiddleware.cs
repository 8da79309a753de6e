using Microsoft.AspNetCore.Http;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Arrival;

/// <summary>Lets modules read their paths before a route is chosen (<see cref="IPathReader"/>).</summary>
internal sealed class PathReadingMiddleware(RequestDelegate next, IEnumerable<IPathReader> readers)
{
    private readonly IPathReader[] _readers = [.. readers];

    public Task InvokeAsync(HttpContext context)
    {
        foreach (var reader in _readers)
        {
            if (reader.Concerns(context.Request.Path))
            {
                return ReadAsync(reader, context);
            }
        }

        return next(context);
    }

    private async Task ReadAsync(IPathReader reader, HttpContext context)
    {
        await reader.ReadAsync(context);
        await next(context);
    }
}
