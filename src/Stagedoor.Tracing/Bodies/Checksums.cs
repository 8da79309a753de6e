namespace Stagedoor.Tracing.Bodies;

/// <summary>The checksums at the end of packed bodies.</summary>
internal static class Checksums
{
    private const uint AdlerModulus = 65521;

    // As many sums fit into 32 bits.
    private const int AdlerBlock = 5552;

    private static readonly uint[] s_crc = [.. Enumerable.Range(0, 256).Select(static i => Enumerable.Range(0, 8).Aggregate((uint)i, static (c, _) => (c & 1) == 0 ? c >> 1 : (c >> 1) ^ 0xEDB88320))];

    /// <summary>That of gzip (RFC 1952, section 8).</summary>
    public static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc = s_crc[(byte)(crc ^ b)] ^ (crc >> 8);
        }

        return ~crc;
    }

    /// <summary>That of zlib (RFC 1950, section 8).</summary>
    public static uint Adler32(ReadOnlySpan<byte> bytes)
    {
        var (sum, sums) = (1U, 0U);
        while (bytes.Length > 0)
        {
            var block = bytes[..Math.Min(bytes.Length, AdlerBlock)];
            foreach (var b in block)
            {
                sum += b;
                sums += sum;
            }

            (sum, sums) = (sum % AdlerModulus, sums % AdlerModulus);
            bytes = bytes[block.Length..];
        }

        return (sums << 16) | sum;
    }
}
