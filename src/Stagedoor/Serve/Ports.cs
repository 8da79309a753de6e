using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Stagedoor.Serve;

/// <summary>Tells the server where to listen, and what stands in front of the requests there.</summary>
internal static class Ports
{
    /// <summary>Names the main addresses and then those of the modules: in this order the server tells later what it has bound.</summary>
    internal static void Open(KestrelServerOptions options, IEnumerable<string> urls, IEnumerable<ModuleEndPoint> others)
    {
        foreach (var url in urls.Select(BindingAddress.Parse))
        {
            Open(options, url);
        }

        foreach (var endpoint in others)
        {
            options.Listen(endpoint, listen =>
            {
                // The server warns of both on a port without encryption, unless nobody has asked for both.
                if (endpoint.Listener.Protocols != listen.Protocols)
                {
                    listen.Protocols = endpoint.Listener.Protocols;
                }

                Use(listen, endpoint.IsSecure);
                listen.Use(next => connection =>
                {
                    connection.Features.Set(endpoint.Listener);
                    return next(connection);
                });
            });
        }
    }

    // As the server itself would take the address.
    private static void Open(KestrelServerOptions options, BindingAddress url)
    {
        if (string.Equals(url.Host, "localhost", StringComparison.OrdinalIgnoreCase))
        {
            options.ListenLocalhost(url.Port, UseFront);
        }
        else if (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address))
        {
            options.Listen(address, url.Port, UseFront);
        }
        else
        {
            options.ListenAnyIP(url.Port, UseFront);
        }

        void UseFront(ListenOptions listen) => Use(listen, string.Equals(url.Scheme, "https", StringComparison.OrdinalIgnoreCase));
    }

    private static void Use(ListenOptions listen, bool isSecure)
    {
        if (isSecure)
        {
            PlainHttpOnTls.Use(listen);
            listen.UseHttps();
        }

        listen.Use(ExchangedOutput.Use);
    }
}
