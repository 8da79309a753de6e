using Microsoft.AspNetCore.Http;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Audit;

/// <summary>Keeps secrets out of records.</summary>
internal static class Redaction
{
    /// <summary>Path and query, where the value of a parameter that names a secret is replaced.</summary>
    public static string Address(HttpRequest request)
    {
        var path = request.Path.ToUriComponent();
        return request.QueryString.Value is { Length: > 1 } query ? $"{path}?{Secrets.Mask(query.AsSpan(1))}" : path;
    }
}
