using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Stagedoor.Http;

/// <summary>What callers are told about a body that is too large: how large it may be, and how large theirs was as far as it is known.</summary>
public static class BodyLimit
{
    /// <summary>The limit of the endpoint, else the server's, against the request's own announcement.</summary>
    public static string Describe(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var limit = context.GetEndpoint()?.Metadata.GetMetadata<BodyLimitMetadata>()?.Bytes
            ?? context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize;
        return Describe(limit, context.Request.ContentLength);
    }

    /// <param name="limit">The most bytes; null when nobody knows.</param>
    /// <param name="announced">How many were to come; null when that was not told.</param>
    public static string Describe(long? limit, long? announced) => limit is null
        ? "body: too large"
        : string.Create(CultureInfo.InvariantCulture, $"body: at most {limit} bytes{(announced > limit ? $", not {announced}" : "")}");
}
