using Microsoft.AspNetCore.Http;

namespace Stagedoor.Gateway.Arrival;

/// <summary>The headers of answers that a browser shows as a page or as text.</summary>
internal static class PageHeaders
{
    // Pages bring their style with them and run nothing.
    private const string Policy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    /// <summary>Adds them when the answer turns out to be a page or text.</summary>
    public static void Watch(HttpContext context) => context.Response.OnStarting(static state => AddAsync((HttpResponse)state), context.Response);

    private static Task AddAsync(HttpResponse response)
    {
        var headers = response.Headers;
        if (response.ContentType?.StartsWith("text/", StringComparison.OrdinalIgnoreCase) is true)
        {
            // Texts repeat what was asked for.
            headers.XContentTypeOptions = "nosniff";
        }

        if (response.ContentType?.StartsWith("text/html", StringComparison.OrdinalIgnoreCase) is true)
        {
            headers.XFrameOptions = "DENY";
            headers["Referrer-Policy"] = "no-referrer";
            if (headers.ContentSecurityPolicy.Count == 0)
            {
                headers.ContentSecurityPolicy = Policy;
            }
        }

        return Task.CompletedTask;
    }
}
