using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;

namespace Stagedoor;

/// <summary>
/// Where a client calls from, as far as one client cannot change it at will: an IPv4 address, or the first 64 bits of an IPv6 address. Everything
/// that counts by client counts by this.
/// </summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ClientNetwork(ulong Prefix, uint Address)
{
    private const ulong IPv4 = 0xFFFF;

    // The loopback address is all of its network that there is.
    private static readonly ClientNetwork s_loopback = new(0, 1);

    public static ClientNetwork Of(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.TryWriteBytes(bytes, out var length))
        {
            return default;
        }

        if (length == 4)
        {
            return new(IPv4, BinaryPrimitives.ReadUInt32BigEndian(bytes));
        }

        return address.IsIPv4MappedToIPv6 ? new(IPv4, BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]))
            : IPAddress.IsLoopback(address) ? s_loopback
            : new(BinaryPrimitives.ReadUInt64BigEndian(bytes), 0);
    }

    /// <summary>As people write it: <c>192.0.2.1</c>, <c>2001:db8::/64</c>; nothing when it is not known.</summary>
    public override string ToString()
    {
        if (this == default)
        {
            return "";
        }

        Span<byte> bytes = stackalloc byte[16];
        if (Prefix == IPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, Address);
            return new IPAddress(bytes[..4]).ToString();
        }

        bytes.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Prefix);
        return this == s_loopback ? IPAddress.IPv6Loopback.ToString() : $"{new IPAddress(bytes)}/64";
    }
}
