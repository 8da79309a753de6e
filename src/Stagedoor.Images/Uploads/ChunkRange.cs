using System.Globalization;
using System.Runtime.InteropServices;

namespace Stagedoor.Images.Uploads;

/// <summary>The <c>Content-Range: {first}-{last}</c> of a chunk, as the distribution specification writes it: without unit and size.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ChunkRange(long First, long Last)
{
    public long Length => Last - First + 1;

    public static bool TryParse(string text, out ChunkRange range)
    {
        var span = text.AsSpan().Trim();
        // Some clients send the form of RFC 9110 all the same.
        if (span.StartsWith("bytes ", StringComparison.OrdinalIgnoreCase))
        {
            span = span[6..];
            var slash = span.IndexOf('/');
            span = slash < 0 ? span : span[..slash];
        }

        var dash = span.IndexOf('-');
        range = default;
        if (dash <= 0
            || !long.TryParse(span[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || !long.TryParse(span[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            // 2^63 bytes have no length.
            || last < first || last - first == long.MaxValue)
        {
            return false;
        }

        range = new(first, last);
        return true;
    }
}
