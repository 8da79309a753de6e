using System.Net;
using Microsoft.AspNetCore.Http;

namespace Stagedoor.Http;

/// <summary>The request's address as the caller used it, trusted proxies taken into account.</summary>
public static class RequestInfo
{
    /// <summary>
    /// Scheme, host and port that the caller can reach, without a slash at the end: <c>ExternalUrl</c> when it is set, else the request's own; where it
    /// names no host, as probes do, the address at which it came in.
    /// </summary>
    public static string ExternalBase(this HttpContext context) =>
        context.Features.Get<ExternalAddress>()?.Url ?? $"{context.Request.Scheme}://{HostOf(context)}";

    // As it was sent: the framework decodes names in other letters, which no header can hold.
    private static string HostOf(HttpContext context) => context.Request.Headers.Host.ToString() is { Length: > 0 } host ? host
        : context.Connection.LocalIpAddress is { } address ? new IPEndPoint(address, context.Connection.LocalPort).ToString()
        : "localhost";
}

/// <summary>The configured address under which callers reach this installation.</summary>
/// <param name="Url">Without a slash at the end.</param>
public sealed record ExternalAddress(string Url);
