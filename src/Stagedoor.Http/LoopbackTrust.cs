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
    public bool Includes(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return isAlone
            && IsLoopback(context.Connection.RemoteIpAddress) && IsLoopback(context.Connection.LocalIpAddress)
            && IsOwnName(context.Request.Host.Host)
            && !IsFromAnotherSite(context.Request)
            && !IsRelayed(context.Request.Headers);
    }

    private static bool IsLoopback(IPAddress? address) => address is not null && IPAddress.IsLoopback(address);

    // A name that somebody else's server resolves to this machine lets a page of that name call here as if it were its own origin.
    private static bool IsOwnName(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.AsSpan().Trim("[]"), out var address) && IPAddress.IsLoopback(address));

    // Programs send neither header, or the origin that they call. Pages of other sites can send requests here without asking first, and open
    // WebSockets, but cannot keep the browser from saying so. Another port of this machine is another site's page all the same.
    private static bool IsFromAnotherSite(HttpRequest request)
    {
        var origin = request.Headers.Origin;
        if (origin.Count > 0 && !string.Equals(origin.ToString(), $"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        return request.Headers.TryGetValue("Sec-Fetch-Site", out var site) && site.ToString() is not ("same-origin" or "none");
    }

    private static bool IsRelayed(IHeaderDictionary headers)
    {
        foreach (var (name, _) in headers)
        {
            if (name.StartsWith(ForwardedPrefix, StringComparison.OrdinalIgnoreCase) || s_relayed.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
