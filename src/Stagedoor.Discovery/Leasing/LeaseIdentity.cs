using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Stagedoor.Discovery.Leasing;

/// <summary>A short name of an instance for messages between replicas.</summary>
internal static class LeaseIdentity
{
    /// <summary>64 bits of a hash: two of a million instances share one with a chance of 1 in 37 million, and then keep each other alive.</summary>
    public static ulong Of(string tenant, string serviceId, string instanceId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{tenant}\n{serviceId}\n{instanceId}"), hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }
}
