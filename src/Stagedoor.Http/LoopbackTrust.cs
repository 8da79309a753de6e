using System.Net;
using Microsoft.AspNetCore.Http;

namespace Stagedoor.Http;

/// <summary>
/// Whether a request certainly comes from this machine, which some services trust without a credential. The one class that decides it: trust by
/// place is given only when nothing in the request or in the settings says that somebody else may stand behind the peer.
/// </summary>
/// <param name="isAlone">Nothing stands in front of this server by its settings: no trusted proxy, no external address.</param>
public sealed class LoopbackTrust(bool isAlone)
{
    private const string ForwardedPrefix = "X-Forwarded-";

    private static readonly string[] s_relayed = ["Forwarded", "Via", "X-Real-IP", "X-Original-For", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"];

    /// <summary>Whether nobody outside this machine can have sent it: through no proxy, no browser at another site's behest, no name that leads here.</summary>
    public bool Includes(HttpContext context) => FindDoubt(context) is null;

    /// <summary>What says that somebody outside this machine may have sent it, as the end of a sentence; null when nothing does.</summary>
    public string? FindDoubt(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return !isAlone ? "ExternalUrl or Gateway:TrustedProxies say that something stands before this server"
            : !IsLoopback(context.Connection.RemoteIpAddress) || !IsLoopback(context.Connection.LocalIpAddress) ? "this request did not come by a loopback address"
            : !IsOwnName(context.Request.Host.Host) ? "the Host of this request is neither localhost nor a loopback address"
            : FindOtherSite(context.Request) is { } site ? $"this request has {site} of another site, as pages in a browser send it"
            : FindRelay(context.Request.Headers) is { } relay ? $"this request has the header {relay}, as proxies send it"
            : null;
    }

    private static bool IsLoopback(IPAddress? address) => address is not null && IPAddress.IsLoopback(address);

    // A name that somebody else's server resolves to this machine lets a page of that name call here as if it were its own origin.
    private static bool IsOwnName(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.AsSpan().Trim("[]"), out var address) && IPAddress.IsLoopback(address));

    // Programs send neither header, or the origin that they call. Pages of other sites can send requests here without asking first, and open
    // WebSockets, but cannot keep the browser from saying so. Another port of this machine is another site's page all the same.
    private static string? FindOtherSite(HttpRequest request)
    {
        var origin = request.Headers.Origin;
        if (origin.Count > 0 && !string.Equals(origin.ToString(), $"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase))
        {
            return "an Origin";
        }

        return request.Headers.TryGetValue("Sec-Fetch-Site", out var site) && site.ToString() is not ("same-origin" or "none") ? "a Sec-Fetch-Site" : null;
    }

    private static string? FindRelay(IHeaderDictionary headers)
    {
        foreach (var (name, _) in headers)
        {
            if (name.StartsWith(ForwardedPrefix, StringComparison.OrdinalIgnoreCase) || s_relayed.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                return name;
            }
        }

        return null;
    }
}
