using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Stagedoor.Gateway.Arrival;

/// <summary>
/// Lets web pages of other origins call, as <see cref="GatewayOptions.CorsOrigins"/> names them (CORS, the Fetch standard). One door for all services, before anybody
/// is asked for credentials: a browser asks first, without them.
/// </summary>
internal static class CrossOrigin
{
    // Longer than a visit to a page, and the most that some browsers take.
    private static readonly TimeSpan s_remembered = TimeSpan.FromMinutes(10);

    private static readonly string[] s_methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

    // What clients of the registry and of the APIs read besides the body.
    private static readonly string[] s_exposed =
    [
        "Accept-Ranges", "Content-Length", "Content-Range", "Docker-Content-Digest", "Docker-Distribution-Api-Version", "Docker-Upload-UUID", "ETag", "Link",
        "Location", "OCI-Filters-Applied", "OCI-Subject", "OCI-Tag", "Range", "Retry-After", "WWW-Authenticate", "X-Request-Id", "X-Stagedoor-Error-Code",
        "X-Stagedoor-Error-Message", "X-Subject-Token",
        "X-Swr-Dockerlogin", "X-Swr-Error-Code", "X-Swr-Expireat",
    ];

    /// <summary>Adds it where an origin is named; elsewhere nothing of it is there.</summary>
    public static IApplicationBuilder UseCrossOrigin(this IApplicationBuilder app)
    {
        string[] origins = [.. app.ApplicationServices.GetRequiredService<IOptions<GatewayOptions>>().Value.CorsOrigins];
        return origins.Length == 0 ? app : (origins is ["*"] ? app : app.Use(VaryByOriginAsync)).UseCors(policy => Allow(policy, origins));
    }

    /// <summary>Whether a setting is an origin as browsers spell it, or <c>*</c>.</summary>
    public static bool IsOrigin(string text) => text is "*"
        || (Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && uri.Scheme is "http" or "https"
            && string.Equals(uri.GetLeftPart(UriPartial.Authority), text, StringComparison.Ordinal));

    // The framework says it only of some answers, and a cache may keep one of those to a request without an origin for a page.
    private static Task VaryByOriginAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(static state =>
        {
            var headers = ((HttpResponse)state).Headers;
            if (!headers.Vary.ToString().Contains(HeaderNames.Origin, StringComparison.OrdinalIgnoreCase))
            {
                headers.Append(HeaderNames.Vary, HeaderNames.Origin);
            }

            return Task.CompletedTask;
        }, context.Response);
        return next(context);
    }

    // No credentials of the browser's own, such as cookies: pages send an Authorization or X-Auth-Token that they have.
    private static void Allow(CorsPolicyBuilder policy, string[] origins)
    {
        policy.WithMethods(s_methods).AllowAnyHeader().WithExposedHeaders(s_exposed).SetPreflightMaxAge(s_remembered);
        if (origins is ["*"])
        {
            policy.AllowAnyOrigin();
        }
        else
        {
            policy.WithOrigins(origins);
        }
    }
}
