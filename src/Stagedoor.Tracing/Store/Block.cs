using System.Buffers;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using ZstdSharp;

namespace Stagedoor.Tracing.Store;

/// <summary>A block of a segment file, to read (<see cref="BlockForm"/>). It never changes; any number of threads may read.</summary>
internal sealed class Block
{
    private const int Window = 256;

    private readonly IStoreFile _file;
    private readonly BlockSection _texts;
    private readonly BlockSection _names;
    private readonly BlockSection _entries;
    private readonly BlockSection _hashes;
    private readonly int[] _pageAt;
    private readonly int[] _pageTrace;
    private readonly ulong[] _filter;
    private BlockNames? _known;

    private Block(IStoreFile file, long offset, BlockHeader header, ReadOnlySpan<byte> footer)
    {
        (_file, Offset, Header) = (file, offset, header);
        var from = new ByteCursor(footer);
        from.Raw(sizeof(ulong) + 1);
        var at = new long[4];
        var checksums = new ulong[4];
        for (var i = 0; i < at.Length; i++)
        {
            at[i] = checked((long)from.Fixed64());
            checksums[i] = from.Fixed64();
        }

        var end = header.Length - BlockForm.TailLength - footer.Length;
        _texts = new(at[0], at[1], checksums[0]);
        _names = new(at[1], at[2], checksums[1]);
        _entries = new(at[2], at[3], checksums[2]);
        _hashes = new(at[3], end, checksums[3]);
        Spans = from.Number();
        MinStart = from.Varint();
        MaxStart = from.Varint();
        MaxDuration = from.Varint();
        Traces = from.Number();
        HasMoreOperations = from.Byte() != 0;
        Replaces = new long[from.Count()];
        foreach (ref var replaced in Replaces.AsSpan())
        {
            replaced = (long)from.Varint();
        }

        _pageAt = new int[from.Count() + 1];
        _pageTrace = new int[_pageAt.Length];
        for (var i = 0; i < _pageAt.Length - 1; i++)
        {
            _pageAt[i] = from.Number();
            _pageTrace[i] = from.Number();
        }

        _pageAt[^1] = checked((int)at[0]);
        _pageTrace[^1] = Traces;
        Pages = _pageAt.Length - (_pageAt.Length > 1 && _pageTrace[^2] == Traces ? 2 : 1);
        if (_hashes.Length != (long)Traces * sizeof(ulong))
        {
            throw new InvalidDataException("A footer does not say what there is.");
        }

        var hashes = new byte[_hashes.Length];
        ReadChecked(_hashes, hashes);
        _filter = TraceFilter.Make(MemoryMarshal.Cast<byte, ulong>(hashes));
    }

    public long Offset { get; }

    public BlockHeader Header { get; }

    public int Spans { get; }

    public int Traces { get; }

    /// <summary>How many pages have traces.</summary>
    public int Pages { get; }

    /// <summary>Whether there is one page more, which says what tags the others may have (<see cref="TagFilter"/>). Blocks that were written earlier have none.</summary>
    public bool HasTagFilter => Pages < _pageAt.Length - 1;

    /// <summary>The earliest start, in nanoseconds.</summary>
    public ulong MinStart { get; }

    public ulong MaxStart { get; }

    public ulong MaxDuration { get; }

    /// <summary>Whether there are more operations than <see cref="BlockNames"/> lists.</summary>
    public bool HasMoreOperations { get; }

    /// <summary>Where the blocks are that this one stands for.</summary>
    public long[] Replaces { get; }

    /// <summary>Where the pages end and all begins that must be there to read them.</summary>
    public int TailAt => _pageAt[^1];

    public long TailLength => Header.Length - TailAt;

    public BlockNames Names => _known ??= BlockNames.Read(Inflate(_names), new());

    /// <summary>Opens a block.</summary>
    /// <param name="file">The segment file.</param>
    /// <param name="offset">Where the block begins.</param>
    /// <param name="header">Its header.</param>
    /// <param name="shared">Names that other blocks have as well, to have each but once in memory.</param>
    /// <exception cref="InvalidDataException">It is not as it was written.</exception>
    public static Block Open(IStoreFile file, long offset, BlockHeader header, SharedNames shared)
    {
        var footer = FindFooter(file, offset, offset + header.Length) ?? throw new InvalidDataException("A block has no footer that is as it was written.");
        try
        {
            var block = new Block(file, offset, header, footer);
            block._known = BlockNames.Read(block.Inflate(block._names), shared);
            return block;
        }
        catch (OverflowException e)
        {
            throw new InvalidDataException("A footer does not say what there is.", e);
        }
    }

    /// <summary>The footer that ends there; null when there is none.</summary>
    public static byte[]? FindFooter(IStoreFile file, long offset, long end)
    {
        Span<byte> tail = stackalloc byte[BlockForm.TailLength];
        if (end - offset < tail.Length || file.Read(tail, end - tail.Length) < tail.Length)
        {
            return null;
        }

        var from = new ByteCursor(tail);
        var checksum = from.Fixed64();
        var length = from.Fixed32();
        if (from.Fixed32() != BlockForm.EndMagic || length > end - offset - tail.Length)
        {
            return null;
        }

        var footer = new byte[length];
        return file.Read(footer, end - tail.Length - length) == footer.Length && XxHash3.HashToUInt64(footer) == checksum ? footer : null;
    }

    /// <summary>Reads all of it.</summary>
    /// <exception cref="InvalidDataException">Something is not as it was written.</exception>
    public void Verify()
    {
        Inflate(_texts);
        Inflate(_entries);
        for (var i = 0; i < _pageAt.Length - 1; i++)
        {
            ReadPage(i).Release();
        }
    }

    /// <summary>Whether it may have a trace of that hash: never a wrong no.</summary>
    public bool MayHave(ulong hash) => TraceFilter.MayHave(_filter, hash);

    /// <summary>The page with the traces of a hash; -1 when there is none.</summary>
    /// <param name="hash">The hash.</param>
    /// <param name="last">The last page with one of them, mostly the same.</param>
    public int FindPage(ulong hash, out int last)
    {
        // Hashes are spread evenly, so it is known within a few where one must be.
        Span<byte> bytes = stackalloc byte[Window * sizeof(ulong)];
        var guess = (int)(((UInt128)hash * (uint)Traces) >> 64);
        var low = 0;
        var high = Traces;
        for (var at = Math.Max(0, guess - (Window / 2)); ;)
        {
            at = Math.Clamp(at, low, Math.Max(low, high - Window));
            var count = Math.Min(Window, high - at);
            if (count <= 0)
            {
                last = -1;
                return -1;
            }

            var part = bytes[..(count * sizeof(ulong))];
            _file.ReadExactly(part, Offset + _hashes.From + ((long)at * sizeof(ulong)));
            var hashes = MemoryMarshal.Cast<byte, ulong>(part);
            if (hash < hashes[0])
            {
                high = at;
                at -= Window;
            }
            else if (hash > hashes[^1])
            {
                low = at + count;
                at += Window;
            }
            else
            {
                var found = LowerBound(hashes, hash);
                if (hashes[found] != hash)
                {
                    last = -1;
                    return -1;
                }

                var end = found;
                while (end + 1 < count && hashes[end + 1] == hash)
                {
                    end++;
                }

                last = PageOf(at + end);
                return PageOf(at + found);
            }
        }
    }

    /// <summary>The page that a trace of the columns is in.</summary>
    public int PageOf(int trace)
    {
        var at = _pageTrace.AsSpan(0, Pages).BinarySearch(trace);
        return at >= 0 ? at : ~at - 1;
    }

    public int FirstTraceOf(int page) => _pageTrace[page];

    /// <summary>Where a page is in the block.</summary>
    public (int At, int Length) PlaceOf(int page) => (_pageAt[page], _pageAt[page + 1] - _pageAt[page]);

    /// <summary>The hashes of its traces, ascending.</summary>
    public ulong[] ReadHashes()
    {
        var hashes = new ulong[Traces];
        ReadChecked(_hashes, MemoryMarshal.AsBytes(hashes.AsSpan()));
        return hashes;
    }

    /// <exception cref="InvalidDataException">It is not as it was written.</exception>
    public Page ReadPage(int page)
    {
        var (at, length) = PlaceOf(page);
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        _file.ReadExactly(bytes.AsSpan(0, length), Offset + at);
        return Page.Open(bytes, length, isRented: true);
    }

    /// <summary>The pages that may have a span with all of some tags that is long enough, ascending; only of a block that <see cref="HasTagFilter"/>.</summary>
    /// <exception cref="InvalidDataException">It is not as it was written.</exception>
    public List<int> FindPages(ReadOnlySpan<ulong> tags, ulong minDuration)
    {
        var (at, length) = PlaceOf(Pages);
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            _file.ReadExactly(bytes.AsSpan(0, length), Offset + at);
            return Page.FindPages(bytes.AsSpan(0, length), Pages, tags, minDuration);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    public BlockTexts ReadTexts() => new(Inflate(_texts), Names);

    public BlockEntries ReadEntries() => BlockEntries.Read(Inflate(_entries));

    private static int LowerBound(ReadOnlySpan<ulong> hashes, ulong hash)
    {
        var (low, high) = (0, hashes.Length - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (hashes[middle] < hash)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private byte[] Inflate(BlockSection section)
    {
        var bytes = new byte[section.Length];
        ReadChecked(section, bytes);
        return Zstd.Inflate(bytes, 0);
    }

    private void ReadChecked(BlockSection section, Span<byte> bytes)
    {
        _file.ReadExactly(bytes, Offset + section.From);
        if (XxHash3.HashToUInt64(bytes) != section.Checksum)
        {
            throw new InvalidDataException("A part of a block is not what was written.");
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct BlockSection(long From, long To, ulong Checksum)
    {
        public int Length => checked((int)(To - From));
    }
}

/// <summary>What a block begins with.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct BlockHeader(long Length, ulong First, ulong Last, int Spans, bool IsMerged)
{
    /// <summary>Null when these bytes are none.</summary>
    public static BlockHeader? Find(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < BlockForm.HeaderLength)
        {
            return null;
        }

        var from = new ByteCursor(bytes);
        var magic = from.Fixed64();
        var (length, first, last, spans) = (from.Fixed64(), from.Fixed64(), from.Fixed64(), from.Fixed64());
        return magic == (BlockForm.Magic | ((ulong)BlockForm.Version << 32)) && from.Fixed64() == XxHash3.HashToUInt64(bytes[..40]) && length <= int.MaxValue
            ? new((long)length, first, last, (int)(uint)spans, (spans & BlockForm.IsMerged) != 0)
            : null;
    }
}

/// <summary>A set of hashes that may say yes to a few others (1 in 200): two bytes for each.</summary>
internal static class TraceFilter
{
    public static ulong[] Make(ReadOnlySpan<ulong> hashes)
    {
        var filter = new ulong[(hashes.Length / 4) + 1];
        foreach (var hash in hashes)
        {
            filter[WordOf(filter, hash)] |= BitsOf(hash);
        }

        return filter;
    }

    public static bool MayHave(ulong[] filter, ulong hash)
    {
        var bits = BitsOf(hash);
        return (filter[WordOf(filter, hash)] & bits) == bits;
    }

    private static int WordOf(ulong[] filter, ulong hash) => (int)(((hash >> 32) * (ulong)filter.Length) >> 32);

    private static ulong BitsOf(ulong hash) =>
        (1UL << (int)(hash & 63)) | (1UL << (int)((hash >> 6) & 63)) | (1UL << (int)((hash >> 12) & 63)) | (1UL << (int)((hash >> 18) & 63)) | (1UL << (int)((hash >> 24) & 63));
}

internal static class Zstd
{
    [ThreadStatic]
    private static Decompressor? s_decompressor;

    /// <summary>What stands there: the length of what is inside, then that, compressed, to the end.</summary>
    public static byte[] Inflate(ReadOnlySpan<byte> bytes, int at)
    {
        var from = new ByteCursor(bytes, at);
        var inflated = new byte[from.Number()];
        Inflate(bytes[from.At..], inflated);
        return inflated;
    }

    /// <summary>What is compressed, as long as it was.</summary>
    public static void Inflate(ReadOnlySpan<byte> bytes, Span<byte> into)
    {
        try
        {
            if ((s_decompressor ??= new()).Unwrap(bytes, into) != into.Length)
            {
                throw new InvalidDataException("What is stored is shorter than it was.");
            }
        }
        catch (ZstdException e)
        {
            throw new InvalidDataException("What is stored cannot be decompressed.", e);
        }
    }
}
