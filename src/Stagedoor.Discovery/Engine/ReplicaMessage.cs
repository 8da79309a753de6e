using System.Buffers.Binary;

namespace Stagedoor.Discovery.Engine;

/// <summary>The texts that replicas send each other through the database.</summary>
internal static class ReplicaMessage
{
    /// <summary>Rows were written.</summary>
    public const string Changed = "c";

    /// <summary>So many leases fit into one message.</summary>
    public const int MaxLeases = 700;

    private const char Lease = 'l';

    /// <summary>Instances were heard of.</summary>
    public static string Renewed(IReadOnlyList<ulong> identities)
    {
        var bytes = new byte[identities.Count * sizeof(ulong)];
        for (var i = 0; i < identities.Count; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), identities[i]);
        }

        return Lease + Convert.ToBase64String(bytes);
    }

    /// <summary>The instances that a message says were heard of; none when it says something else.</summary>
    public static IReadOnlyList<ulong> ReadRenewed(string message)
    {
        if (message.Length == 0 || message[0] != Lease)
        {
            return [];
        }

        var bytes = new byte[message.Length];
        if (!Convert.TryFromBase64Chars(message.AsSpan(1), bytes, out var length))
        {
            return [];
        }

        var identities = new ulong[length / sizeof(ulong)];
        for (var i = 0; i < identities.Length; i++)
        {
            identities[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)));
        }

        return identities;
    }
}
