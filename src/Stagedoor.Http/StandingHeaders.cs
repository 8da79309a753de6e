using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Stagedoor.Http;

/// <summary>Headers that belong to every response to a request, whatever becomes of it. The gateway sets them before anything else runs.</summary>
public static class StandingHeaders
{
    private static readonly string[] s_names =
    [
        "X-Request-Id", "Server", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Strict-Transport-Security",
    ];

    /// <summary>Clears what a handler that failed has prepared, and keeps what belongs to every response.</summary>
    public static void Clear(HttpResponse response)
    {
        var kept = new StringValues[s_names.Length];
        for (var i = 0; i < kept.Length; i++)
        {
            kept[i] = response.Headers[s_names[i]];
        }

        response.Clear();
        for (var i = 0; i < kept.Length; i++)
        {
            if (kept[i].Count > 0)
            {
                response.Headers[s_names[i]] = kept[i];
            }
        }
    }
}
