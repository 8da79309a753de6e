using System.Globalization;
using System.Runtime.InteropServices;

namespace Stagedoor.Content.Responses;

/// <summary>What a <c>Range</c> header asks for (RFC 9110 section 14).</summary>
public enum RangeKind
{
    /// <summary>Nothing, or something that is to be ignored: the whole is sent.</summary>
    Whole,
    Part,
    Unsatisfiable,
}

/// <summary>A part of a blob.</summary>
/// <param name="Kind">Whether there is a part to send.</param>
/// <param name="Offset">Its first byte.</param>
/// <param name="Length">How many bytes it has.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ByteRange(RangeKind Kind, long Offset, long Length)
{
    private const string Unit = "bytes=";

    /// <summary>Reads a header for content of <paramref name="size"/> bytes. Several ranges are answered with the whole.</summary>
    public static ByteRange Parse(string? header, long size)
    {
        if (string.IsNullOrEmpty(header) || !header.StartsWith(Unit, StringComparison.OrdinalIgnoreCase))
        {
            return new(RangeKind.Whole, 0, size);
        }

        var text = header.AsSpan(Unit.Length).Trim();
        var dash = text.IndexOf('-');
        if (dash < 0 || text.Contains(','))
        {
            return new(RangeKind.Whole, 0, size);
        }

        var first = text[..dash].Trim();
        var last = text[(dash + 1)..].Trim();
        if (first.IsEmpty)
        {
            return !TryNumber(last, out var suffix) ? new(RangeKind.Whole, 0, size)
                : suffix == 0 || size == 0 ? new(RangeKind.Unsatisfiable, 0, 0)
                : new(RangeKind.Part, Math.Max(size - suffix, 0), Math.Min(suffix, size));
        }

        var end = long.MaxValue;
        if (!TryNumber(first, out var begin) || (!last.IsEmpty && !TryNumber(last, out end)))
        {
            return new(RangeKind.Whole, 0, size);
        }

        // A reversed range is malformed and could be ignored; clients are better served by hearing of it.
        return begin >= size || end < begin
            ? new(RangeKind.Unsatisfiable, 0, 0)
            : new(RangeKind.Part, begin, Math.Min(end, size - 1) - begin + 1);
    }

    // More digits than fit mean "beyond the end" all the same.
    private static bool TryNumber(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        if (text.IsEmpty || text.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number))
        {
            number = long.MaxValue;
        }

        return true;
    }
}
