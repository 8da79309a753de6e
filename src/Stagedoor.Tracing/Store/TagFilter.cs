using System.Globalization;
using System.IO.Hashing;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Store;

/// <summary>
/// Which tags the pages of a block may have: a Bloom filter for each page with the keys and the pairs of key and value of its spans and their events, and one for all of them with
/// those of resources and scopes, which are in nearly every page. A value has the hash of its text, whatever its type. It never says no wrongly, and yes to 1 of 1,700 others.
/// Beside them stands how long the longest span of each page is. In the block it is a page without traces behind the others, so that whoever does not know of it reads past it; its
/// body is: a version, the filter of all, for each page the duration and its filter. A filter is its length in bytes and its bits, a duration as in the columns of entries.
/// </summary>
internal static class TagFilter
{
    public const byte Version = 2;
    private const int Probes = 8;
    private const int BytesOfTag = 2;

    /// <summary>The hash of a tag.</summary>
    /// <param name="key">The hash of its key.</param>
    /// <param name="value">The hash of its value's text.</param>
    public static ulong HashOf(uint key, uint value) => Mix(((ulong)key << 32) | value);

    /// <summary>The hash of a key, whatever its value.</summary>
    public static ulong HashOf(uint key) => Mix(((ulong)key << 32) | ~key);

    public static uint HashOf(ReadOnlySpan<byte> text) => (uint)XxHash3.HashToUInt64(text);

    /// <summary>Writes a filter.</summary>
    public static void Write(ByteBuffer bytes, TagSet tags)
    {
        var length = tags.Count * BytesOfTag;
        bytes.Varint(length);
        var filter = bytes.Room(length)[..length];
        filter.Clear();
        foreach (var hash in tags.Slots)
        {
            if (hash != 0)
            {
                for (var i = 0; i < Probes; i++)
                {
                    var bit = BitOf(hash, i, length);
                    filter[bit >> 3] |= (byte)(1 << (bit & 7));
                }
            }
        }

        bytes.Advance(length);
    }

    /// <summary>The pages that may have a span with all of some tags that is long enough, ascending.</summary>
    /// <param name="body">What was written.</param>
    /// <param name="pages">How many pages the block has.</param>
    /// <param name="hashes">The tags.</param>
    /// <param name="minDuration">The shortest duration, in nanoseconds.</param>
    /// <exception cref="InvalidDataException">It is not as it was written.</exception>
    public static List<int> Find(ReadOnlySpan<byte> body, int pages, ReadOnlySpan<ulong> hashes, ulong minDuration = 0)
    {
        var found = new List<int>();
        var from = new ByteCursor(body);
        var isKnown = from.Byte() == Version;
        Span<ulong> ofSpans = stackalloc ulong[hashes.Length];
        var count = 0;
        if (isKnown)
        {
            var shared = from.Text();
            foreach (var hash in hashes)
            {
                if (!MayHave(shared, hash))
                {
                    ofSpans[count++] = hash;
                }
            }
        }

        for (var page = 0; page < pages; page++)
        {
            if (isKnown)
            {
                var isLong = (from.Varint() + 1) << BlockForm.DurationShift > minDuration;
                if (!MayHave(from.Text(), ofSpans[..count]) || !isLong)
                {
                    continue;
                }
            }

            found.Add(page);
        }

        return found;
    }

    private static bool MayHave(ReadOnlySpan<byte> filter, ReadOnlySpan<ulong> hashes)
    {
        foreach (var hash in hashes)
        {
            if (!MayHave(filter, hash))
            {
                return false;
            }
        }

        return true;
    }

    private static bool MayHave(ReadOnlySpan<byte> filter, ulong hash)
    {
        for (var i = 0; i < Probes; i++)
        {
            if (filter.IsEmpty || BitOf(hash, i, filter.Length) is var bit && (filter[bit >> 3] & (1 << (bit & 7))) == 0)
            {
                return false;
            }
        }

        return true;
    }

    private static int BitOf(ulong hash, int probe, int length) =>
        (int)(((ulong)unchecked((uint)hash + ((uint)probe * ((uint)(hash >> 32) | 1))) * ((ulong)length * 8)) >> 32);

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 32)) * 0xD6E8_FEB8_6659_FD93;
        value = (value ^ (value >> 32)) * 0xD6E8_FEB8_6659_FD93;
        value ^= value >> 32;
        return value == 0 ? 1 : value;
    }
}

/// <summary>Hashes of tags, each once. Not for two threads at once.</summary>
internal sealed class TagSet
{
    private ulong[] _slots = new ulong[1024];

    public int Count { get; private set; }

    /// <summary>The hashes, and zeros between them.</summary>
    public ReadOnlySpan<ulong> Slots => _slots;

    public void Clear()
    {
        Array.Clear(_slots);
        Count = 0;
    }

    public void Add(ulong hash)
    {
        var mask = _slots.Length - 1;
        for (var slot = (int)hash & mask; ; slot = (slot + 1) & mask)
        {
            if (_slots[slot] == hash)
            {
                return;
            }

            if (_slots[slot] == 0)
            {
                _slots[slot] = hash;
                if (++Count * 2 > _slots.Length)
                {
                    Grow();
                }

                return;
            }
        }
    }

    private void Grow()
    {
        var known = _slots;
        _slots = new ulong[known.Length * 2];
        Count = 0;
        foreach (var hash in known)
        {
            if (hash != 0)
            {
                Add(hash);
            }
        }
    }
}

/// <summary>Collects the tags of spans as they are copied into a page. Not for two threads at once.</summary>
/// <param name="texts">The texts of the block.</param>
internal sealed class TagCollector(TextTable texts)
{
    private const int Known = 256;

    private static readonly uint s_true = TagFilter.HashOf("true"u8);
    private static readonly uint s_false = TagFilter.HashOf("false"u8);
    private static readonly ulong s_failed = TagFilter.HashOf(TagFilter.HashOf("error"u8), s_true);

    private readonly (ulong Bits, ValueKind Kind, uint Hash)[] _numbers = new (ulong, ValueKind, uint)[Known];
    private int[] _interned = [];

    /// <summary>Where they go.</summary>
    public TagSet Into { get; set; } = new();

    /// <summary>Says which record the spans are of.</summary>
    /// <param name="interned">For each of its texts the number among those of the block.</param>
    public void Use(int[] interned) => _interned = interned;

    /// <summary>Takes an attribute.</summary>
    /// <param name="key">The record's number of its key.</param>
    /// <param name="kind">What its value is.</param>
    /// <param name="value">The value as it is written: a number, or the record's number of a text.</param>
    public void Add(int key, ValueKind kind, ulong value)
    {
        var hash = texts.HashOf(_interned[key]);
        Into.Add(TagFilter.HashOf(hash));
        if (kind is ValueKind.Text or ValueKind.Bool or ValueKind.Int or ValueKind.Double)
        {
            Into.Add(TagFilter.HashOf(hash, kind switch
            {
                ValueKind.Text => texts.HashOf(_interned[(int)value]),
                ValueKind.Bool => value != 0 ? s_true : s_false,
                _ => HashOf(kind, value),
            }));
        }
    }

    /// <summary>Takes the name of an event, which is looked for as a key.</summary>
    public void AddKey(int text) => Into.Add(TagFilter.HashOf(texts.HashOf(_interned[text])));

    /// <summary>A span that failed is found by <c>error=true</c> whatever its attributes.</summary>
    public void AddFailed() => Into.Add(s_failed);

    // The same numbers come again and again.
    private uint HashOf(ValueKind kind, ulong bits)
    {
        ref var known = ref _numbers[(bits ^ (bits >> 48)) % Known];
        if (known.Kind != kind || known.Bits != bits)
        {
            Span<byte> text = stackalloc byte[32];
            var length = 0;
            _ = kind is ValueKind.Int
                ? ((long)(bits >> 1) ^ -(long)(bits & 1)).TryFormat(text, out length, default, CultureInfo.InvariantCulture)
                : BitConverter.UInt64BitsToDouble(bits).TryFormat(text, out length, default, CultureInfo.InvariantCulture);
            known = (bits, kind, TagFilter.HashOf(text[..length]));
        }

        return known.Hash;
    }
}
