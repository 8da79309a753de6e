using System.Runtime.InteropServices;

namespace Stagedoor.Tracing.Store;

/// <summary>Spans that are in the log and in no segment yet. One thread adds; any number may read.</summary>
/// <param name="openedAt">When it was begun.</param>
/// <param name="expected">How many spans it will probably have; 0 when nothing is known.</param>
internal sealed class Head(DateTimeOffset openedAt, int expected = 0)
{
    private readonly Lock _gate = new();
    private readonly List<SpanRecord> _records = [];
    private readonly List<HeadSpan> _spans = new(expected);
    private readonly Dictionary<ulong, int> _last = [];

    public DateTimeOffset OpenedAt { get; } = openedAt;

    /// <summary>The first sequence number that it has; 0 when it is empty.</summary>
    public ulong First { get; private set; }

    public ulong Last { get; private set; }

    /// <summary>About how many bytes of memory it takes.</summary>
    public long Bytes { get; private set; }

    public int Spans => _spans.Count;

    /// <summary>Takes a record's spans, those that are wanted.</summary>
    public void Add(SpanRecord record, Func<RecordSpan, bool>? isWanted)
    {
        lock (_gate)
        {
            if (First == 0)
            {
                First = record.Sequence;
            }

            Last = record.Sequence;
            _records.Add(record);
            var number = _records.Count - 1;
            for (var i = 0; i < record.Spans.Length; i++)
            {
                if (isWanted is null || isWanted(record.Spans[i]))
                {
                    ref var last = ref CollectionsMarshal.GetValueRefOrAddDefault(_last, record.Spans[i].Hash, out var isKnown);
                    _spans.Add(new(number, i, isKnown ? last : -1));
                    last = _spans.Count - 1;
                }
            }

            Bytes += record.Bytes.Length + (record.Spans.Length * 130L) + (record.Texts.Length * 12L) + 256;
        }
    }

    /// <summary>The spans of a hash, the last first.</summary>
    public IReadOnlyList<(SpanRecord Record, int Span)> Find(ulong hash)
    {
        lock (_gate)
        {
            if (!_last.TryGetValue(hash, out var at))
            {
                return [];
            }

            var found = new List<(SpanRecord, int)>();
            for (; at >= 0; at = _spans[at].Previous)
            {
                found.Add((_records[_spans[at].Record], _spans[at].Span));
            }

            return found;
        }
    }

    /// <summary>All that it has, once nobody adds anything any more.</summary>
    public SpanRecord[] All(out ReadOnlySpan<HeadSpan> spans)
    {
        spans = CollectionsMarshal.AsSpan(_spans);
        return [.. _records];
    }

    /// <summary>All that it has at this moment.</summary>
    public (SpanRecord[] Records, HeadSpan[] Spans) Copy()
    {
        lock (_gate)
        {
            return ([.. _records], [.. _spans]);
        }
    }
}

/// <summary>A span of a head.</summary>
/// <param name="Record">The number of its record.</param>
/// <param name="Span">Its number in that.</param>
/// <param name="Previous">The one with the same hash before it; -1 when there is none.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct HeadSpan(int Record, int Span, int Previous);
