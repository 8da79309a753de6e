using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Stagedoor.Http;
using Stagedoor.Identity;

namespace Stagedoor.Gateway.Arrival;

/// <summary>
/// Takes client address, scheme and host of links from the proxies that are trusted, and from nobody else. The framework's middleware would write
/// the forwarded host over <c>Host</c>, which signatures cover, or lose it, takes headers away that signatures may cover too, and counts hops where this one knows
/// proxies. The header <c>Forwarded</c> of RFC 7239 is read by neither.
/// </summary>
internal sealed class ForwardedHeaders(AddressList trusted, string? externalUrl)
{
    private readonly ExternalAddress? _external = externalUrl is null ? null : new(externalUrl.TrimEnd('/'));

    public void Apply(HttpContext context)
    {
        if (!trusted.IsEmpty && trusted.Contains(context.Connection.RemoteIpAddress))
        {
            Believe(context);
        }

        if (_external is not null)
        {
            context.Features.Set(_external);
        }
    }

    private static string? Last(StringValues values)
    {
        // Each proxy appends; what stands before the last element is the word of somebody further away.
        var list = values.Count == 0 ? null : values[^1];
        var last = list.AsSpan()[(list.AsSpan().LastIndexOf(',') + 1)..].Trim();
        return last.IsEmpty ? null : last.ToString();
    }

    private void Believe(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (FindClient(headers["X-Forwarded-For"]) is { } client)
        {
            context.Connection.RemoteIpAddress = client;
        }

        var scheme = Last(headers["X-Forwarded-Proto"]) switch
        {
            { } s when s.Equals("https", StringComparison.OrdinalIgnoreCase) => "https",
            { } s when s.Equals("http", StringComparison.OrdinalIgnoreCase) => "http",
            _ => null,
        };
        if (scheme is not null)
        {
            context.Request.Scheme = scheme;
        }

        // `Host` itself stays: it is part of signatures.
        var host = Last(headers["X-Forwarded-Host"]);
        if (host is not null && _external is null && Uri.TryCreate($"{context.Request.Scheme}://{host}", UriKind.Absolute, out var url)
            && url is { AbsolutePath: "/", UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0 })
        {
            context.Features.Set(new ExternalAddress($"{context.Request.Scheme}://{host}"));
        }
    }

    /// <summary>The nearest address that no trusted proxy has; the farthest one when all are trusted.</summary>
    private IPAddress? FindClient(StringValues values)
    {
        IPAddress? client = null;
        for (var i = values.Count - 1; i >= 0; i--)
        {
            var rest = values[i].AsSpan();
            while (!rest.IsEmpty)
            {
                var comma = rest.LastIndexOf(',');
                var element = rest[(comma + 1)..].Trim();
                rest = comma < 0 ? default : rest[..comma];
                if (!TryParseAddress(element, out var address))
                {
                    return client;
                }

                client = address;
                if (!trusted.Contains(address))
                {
                    return client;
                }
            }
        }

        return client;
    }

    // `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`
    private static bool TryParseAddress(ReadOnlySpan<char> text, out IPAddress? address)
    {
        if (IPAddress.TryParse(text, out address))
        {
            return true;
        }

        var parsed = IPEndPoint.TryParse(text, out var endPoint);
        address = endPoint?.Address;
        return parsed;
    }
}
