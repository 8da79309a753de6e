using Microsoft.AspNetCore.Http;

namespace Stagedoor.Http;

/// <summary>The request's address as the caller used it, trusted proxies taken into account.</summary>
public static class RequestInfo
{
    /// <summary>Scheme, host and port that the caller can reach, without a slash at the end: <c>ExternalUrl</c> when it is set, else the request's own.</summary>
    public static string ExternalBase(this HttpContext context) =>
        context.Features.Get<ExternalAddress>()?.Url ?? $"{context.Request.Scheme}://{context.Request.Host.Value}";
}

/// <summary>The configured address under which callers reach this installation.</summary>
/// <param name="Url">Without a slash at the end.</param>
public sealed record ExternalAddress(string Url);
