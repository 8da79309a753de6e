using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Stagedoor.Identity;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary>
/// Which addresses a webhook may reach: those of the public internet, and what <c>Images:Triggers:AllowedNetworks</c> names. Whoever may push could
/// otherwise have this server ask services of its own network, or the metadata of the cloud that it runs in.
/// </summary>
internal sealed class NetworkGuard(IOptions<TriggerOptions> options)
{
    // What IANA has set apart, and the address at which one cloud answers its machines.
    private static readonly AddressList s_notPublic = AddressList.Parse(
    [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    ]);

    private static readonly IPNetwork s_global = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork s_translated = IPNetwork.Parse("64:ff9b::/96");

    private readonly AddressList _allowed = AddressList.Parse(options.Value.AllowedNetworks);

    public bool Admits(IPAddress address)
    {
        var plain = Plain(address);
        return _allowed.Contains(plain) || (IsPublic(plain) && !s_notPublic.Contains(plain));
    }

    // An IPv4 address that is written as an IPv6 one leads to the IPv4 address.
    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
        : address.AddressFamily is AddressFamily.InterNetworkV6 && s_translated.Contains(address) ? new IPAddress(address.GetAddressBytes().AsSpan(12))
        : address;

    private static bool IsPublic(IPAddress address) => address.AddressFamily switch
    {
        AddressFamily.InterNetwork => true,
        AddressFamily.InterNetworkV6 => s_global.Contains(address),
        _ => false,
    };
}
