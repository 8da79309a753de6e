using System.IO.Compression;
using System.Text.Json;
using Scalar.AspNetCore;
using Stagedoor.Errors.Pages;
using Stagedoor.Http;

namespace Stagedoor.Operations;

/// <summary><c>GET /docs/api</c>: the API descriptions to read and to try in a browser. All of it comes from here; no other network is needed.</summary>
internal static class ApiViewer
{
    // What the page loads and calls is this server, whatever a description or the viewer itself says. Its styles stand in its elements.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; font-src 'self' data:; "
        + "worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string Script = "ScalarStaticAssets.scalar.js";

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/docs/api").Authenticate(AuthMode.None).Unthrottled().ExcludeFromDescription();
        group.MapGet("", static (HttpContext context) =>
        {
            context.Response.Headers.ContentSecurityPolicy = Policy;
            return Results.Content(Page(context.ExternalBase()), "text/html; charset=utf-8");
        });
        group.MapGet("/start.js", static (OpenApiDocuments documents) => Results.Text(Start(documents), "text/javascript; charset=utf-8"));
        group.MapGet("/viewer.js", static (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "public, max-age=3600";
            context.Response.Headers.Vary = "Accept-Encoding";
            var packed = typeof(ScalarOptions).Assembly.GetManifestResourceStream(Script)!;
            if (context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase))
            {
                context.Response.Headers.ContentEncoding = "gzip";
                return Results.Stream(packed, "text/javascript; charset=utf-8");
            }

            return Results.Stream(new GZipStream(packed, CompressionMode.Decompress), "text/javascript; charset=utf-8");
        });
    }

    private static string Page(string address) => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>API · Stagedoor</title>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        </head>
        <body>
        <noscript><p>This page needs JavaScript. The descriptions themselves are at <a href="/openapi">{PageFrame.Encode(address)}/openapi</a>.</p></noscript>
        <div id="app"></div>
        <script src="/docs/api/viewer.js"></script>
        <script src="/docs/api/start.js"></script>
        </body>
        </html>
        """;

    private static string Start(OpenApiDocuments documents)
    {
        var settings = new
        {
            sources = documents.Names.Select(n => new { title = documents.TitleOf(n), slug = n, url = $"/openapi/{n}.json" }),
            withDefaultFonts = false,
            telemetry = false,
            agent = new { disabled = true },
            mcp = new { disabled = true },
            hideClientButton = true,
            showDeveloperTools = "never",
            persistAuth = false,
        };
        return $"Scalar.createApiReference('#app', {JsonSerializer.Serialize(settings)});\n";
    }
}
