using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;

namespace Stagedoor;

/// <summary>Where a client calls from, as far as one client cannot change it at will: an IPv4 address, or the first 64 bits of an IPv6 address.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ClientNetwork(ulong Prefix, uint Address)
{
    public static ClientNetwork Of(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.TryWriteBytes(bytes, out var length))
        {
            return default;
        }

        if (length == 4)
        {
            return new(0xFFFF, BinaryPrimitives.ReadUInt32BigEndian(bytes));
        }

        return address.IsIPv4MappedToIPv6
            ? new(0xFFFF, BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]))
            : new(BinaryPrimitives.ReadUInt64BigEndian(bytes), 0);
    }
}
