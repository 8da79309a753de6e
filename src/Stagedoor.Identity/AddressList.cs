using System.Globalization;
using System.Net;

namespace Stagedoor.Identity;

/// <summary>A list of networks in CIDR notation. IPv4 addresses that arrive mapped into IPv6 count as IPv4.</summary>
public sealed class AddressList
{
    private readonly IPNetwork[] _networks;

    private AddressList(IPNetwork[] networks) => _networks = networks;

    public bool IsEmpty => _networks.Length == 0;

    /// <summary>The list of addresses and networks.</summary>
    /// <exception cref="FormatException">One of them is neither.</exception>
    public static AddressList Parse(IEnumerable<string> networks) => new(
        [.. networks.Select(static n => TryParseNetwork(n, out var network) ? network : throw new FormatException($"'{n}' is no network."))]);

    /// <summary>What of a setting is no network, each in a sentence for the operator.</summary>
    /// <param name="key">The setting's key.</param>
    /// <param name="networks">Its elements.</param>
    public static IEnumerable<string> FindProblems(string key, IEnumerable<string> networks) => networks.Index()
        .Where(static n => !TryParseNetwork(n.Item, out _))
        .Select(n => string.Create(CultureInfo.InvariantCulture, $"{key}:{n.Index} is '{n.Item}'; it is an address or a network such as 10.0.0.0/8 or fd00::/8."));

    public static bool TryParseNetwork(string text, out IPNetwork network)
    {
        if (text.Contains('/', StringComparison.Ordinal))
        {
            return IPNetwork.TryParse(text, out network);
        }

        var isAddress = IPAddress.TryParse(text, out var address);
        network = isAddress ? new(address!, address!.GetAddressBytes().Length * 8) : default;
        return isAddress;
    }

    /// <summary>Whether somebody may call from there when the list names who may: everybody when it names nobody.</summary>
    public bool Admits(IPAddress? address) => IsEmpty || Contains(address);

    public bool Contains(IPAddress? address)
    {
        if (address is null)
        {
            return false;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        foreach (var network in _networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
