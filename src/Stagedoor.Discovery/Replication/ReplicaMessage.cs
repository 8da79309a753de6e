using System.Buffers.Binary;
using System.Globalization;

namespace Stagedoor.Discovery.Replication;

/// <summary>The texts that replicas send each other through the database.</summary>
internal static class ReplicaMessage
{
    /// <summary>Rows were written.</summary>
    public const string Changed = "c";

    /// <summary>So many leases fit into one message.</summary>
    public const int MaxLeases = 700;

    private const char Lease = 'l';
    private const char Pulse = 'p';

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

    /// <summary>A sign of life to oneself: it comes back when everything that was sent before it has been heard.</summary>
    /// <param name="sender">Who sends it.</param>
    /// <param name="at">When, on the sender's own clock.</param>
    public static string PulseOf(string sender, long at) => string.Create(CultureInfo.InvariantCulture, $"{Pulse}{sender} {at}");

    /// <summary>When a sign of life of one's own was sent; null when the message is something else.</summary>
    public static long? ReadPulse(string message, string sender) =>
        message.Length > 0 && message[0] == Pulse && message.AsSpan(1).StartsWith(sender, StringComparison.Ordinal)
        && long.TryParse(message.AsSpan(1 + sender.Length), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out var at) ? at : null;

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
