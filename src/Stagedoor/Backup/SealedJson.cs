using System.Security.Cryptography;
using System.Text;

namespace Stagedoor.Backup;

/// <summary>
/// A JSON object whose last member, <c>sha256</c>, is the hash of all bytes before it: what says how everything else has to be must not be believed when a
/// single bit of it has changed. Against somebody who writes a new hash it does not help.
/// </summary>
internal static class SealedJson
{
    private const int HexLength = 2 * SHA256.HashSizeInBytes;
    private static readonly byte[] s_before = Encoding.ASCII.GetBytes(",\"sha256\":\"");
    private static readonly byte[] s_after = Encoding.ASCII.GetBytes("\"}\n");

    /// <summary>The same object with its hash.</summary>
    /// <param name="json">An object with at least one member, without anything after its brace.</param>
    internal static byte[] Seal(ReadOnlySpan<byte> json)
    {
        var content = json[..^1];
        return [.. content, .. s_before, .. Encoding.ASCII.GetBytes(HashOf(content)), .. s_after];
    }

    /// <summary>Whether the object is as it was sealed.</summary>
    internal static bool IsWhole(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.Length - s_after.Length - HexLength;
        var start = end - s_before.Length;
        return start > 0
            && bytes[start..end].SequenceEqual(s_before)
            && bytes[^s_after.Length..].SequenceEqual(s_after)
            && bytes[end..^s_after.Length].SequenceEqual(Encoding.ASCII.GetBytes(HashOf(bytes[..start])));
    }

    private static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
