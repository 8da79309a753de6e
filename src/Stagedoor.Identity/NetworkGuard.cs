using System.Net;
using System.Net.Sockets;

namespace Stagedoor.Identity;

/// <summary>Which addresses a <see cref="NetworkGuard"/> admits besides those that a setting names.</summary>
public enum NetworkReach
{
    /// <summary>Those of the public internet.</summary>
    Public,

    /// <summary>Where nothing is named, all but those at which no host of a network is, and those at which clouds answer their own machines; else none.</summary>
    Hosts,
}

/// <summary>
/// Which addresses are connected to where somebody who calls the API says whereto. Whoever may say it could otherwise have this server ask services of its own
/// network, or the metadata of the cloud that it runs in. Every such connection is made by <see cref="ConnectAsync"/>: what is looked at is the address that is connected
/// to, so a name that leads elsewhere the second time does not help.
/// </summary>
/// <param name="names">Looks names up.</param>
/// <param name="allowed">The networks that a setting names.</param>
/// <param name="reach">What is admitted besides.</param>
public class NetworkGuard(NameLookup names, ICollection<string> allowed, NetworkReach reach)
{
    // What IANA has set apart, and the address at which one cloud answers its machines.
    private static readonly AddressList s_notPublic = AddressList.Parse(
    [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    ]);

    // The last is how one cloud answers its machines over IPv6.
    private static readonly AddressList s_noHosts = AddressList.Parse(
        ["0.0.0.0/8", "100.100.100.200/32", "168.63.129.16/32", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/128", "fe80::/10", "ff00::/8", "fd00:ec2::254/128"]);

    private static readonly IPNetwork s_global = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork s_translated = IPNetwork.Parse("64:ff9b::/96");

    private readonly AddressList _allowed = AddressList.Parse(allowed);
    private readonly bool _namesNone = allowed.Count == 0;

    /// <summary>Whether an address may be connected to.</summary>
    public bool Admits(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = Plain(address);
        return _allowed.Contains(plain) || (reach switch
        {
            NetworkReach.Public => IsPublic(plain) && !s_notPublic.Contains(plain),
            _ => _namesNone && !s_noHosts.Contains(plain),
        });
    }

    /// <summary>Connects to the addresses of a host that may be connected to.</summary>
    /// <param name="host">A name or an address, and the port.</param>
    /// <param name="refusal">What is said where it is at none of them. It goes to whoever named the host, who is not to learn what names lead to in this network.</param>
    /// <param name="cancellationToken">Ends waiting.</param>
    /// <exception cref="AddressRefusedException">The host is at no address that is admitted.</exception>
    /// <exception cref="SocketException">There is no such name, or nobody answers.</exception>
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint host, string refusal, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        var found = IPAddress.TryParse(host.Host, out var literal) ? [literal] : await names.FindAsync(host.Host, cancellationToken);
        var admitted = Array.FindAll(found, Admits);
        if (admitted.Length == 0)
        {
            throw new AddressRefusedException(refusal);
        }

#pragma warning disable CA2000 // The stream owns it.
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
#pragma warning restore CA2000
        try
        {
            await socket.ConnectAsync(admitted, host.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
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

/// <summary>A host is at no address that may be connected to.</summary>
public sealed class AddressRefusedException : IOException
{
    /// <summary>With what is told.</summary>
    public AddressRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>With what led to it.</summary>
    public AddressRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>With the words of the framework.</summary>
    public AddressRefusedException()
    {
    }

    /// <summary>What was refused, where an exception says so anywhere inside; <c>null</c> where none does.</summary>
    public static AddressRefusedException? In(Exception exception)
    {
        for (Exception? inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is AddressRefusedException refused)
            {
                return refused;
            }
        }

        return null;
    }
}
