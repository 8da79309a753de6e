namespace Stagedoor.Tracing.Store;

/// <summary>
/// A block of a segment file: the spans of one day (UTC, by their start) that one head had, or that were merged. In this order:
/// header: magic, version, length of the block, first and last sequence number of the log that it covers, spans, checksum;
/// pages: a checksum each, the traces in it, the parts of <see cref="SpanForm"/>, the body compressed; the last has no traces and says which tags the others may have (<see cref="TagFilter"/>);
/// texts: the dictionary, resources and scopes, compressed;
/// names: projects, identities and operations, compressed;
/// entries: columns of the entry spans, the latest first, compressed;
/// hashes: of the traces, ascending, 8 bytes each;
/// footer: the first sequence number and whether it is merged once more, where all that is, its checksums and bounds, then the footer's own checksum, its length, magic.
/// Every block is whole by itself: damage to one costs no other. All numbers are little-endian.
/// </summary>
internal static class BlockForm
{
    public const uint Magic = 0x4753_4453;
    public const uint EndMagic = 0x4453_4744;
    public const uint Version = 1;

    /// <summary>A bit beside the number of spans: earlier blocks of the file have the same spans.</summary>
    public const ulong IsMerged = 1UL << 32;
    public const int HeaderLength = 48;
    public const int TailLength = 16;

    /// <summary>Spans of a page, more when a trace has more.</summary>
    public const int PageSpans = 256;

    /// <summary>How often a text is used before it comes into the dictionary.</summary>
    public const int CommonUses = 4;

    /// <summary>Operations of a block that are listed; the others are found by looking into the pages.</summary>
    public const int MaxOperations = 4096;

    /// <summary>Durations in the columns are in units of 2^10 ns, rounded down.</summary>
    public const int DurationShift = 10;
}
