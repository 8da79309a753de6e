using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Stagedoor.Tracing.Spans;
using ZstdSharp;

namespace Stagedoor.Tracing.Store;

/// <summary>Makes a block of records' spans. Not for two threads at once; what it needs it keeps for the next time.</summary>
internal sealed class BlockBuilder : IDisposable
{
    private readonly Compressor _compressor = new(1);
    private readonly TextTable _texts = new();
    private readonly SpanCopy _copy = new();
    private readonly ByteBuffer _block = new();
    private readonly ByteBuffer _page = new();
    private readonly ByteBuffer _pageIds = new();
    private readonly ByteBuffer _pageTimes = new();
    private readonly ByteBuffer _pageBody = new();
    private readonly ByteBuffer _part = new();
    private readonly ByteBuffer _resources = new();
    private readonly ByteBuffer _scopes = new();
    private readonly ParentPlaces _places = new();
    private readonly TagCollector _tags;
    private readonly TagSet _sharedTags = new();
    private readonly TagSet _pageTags = new();
    private readonly ByteBuffer _filters = new();
    private readonly Dictionary<UInt128, int> _known = [];
    private readonly Dictionary<SpanIdentity, int> _identityNumbers = [];
    private readonly List<(int Project, SpanIdentity Identity)> _identities = [];
    private readonly Dictionary<(int Service, int Name, SpanKind Kind, int Transaction), int> _operationNumbers = [];
    private readonly List<(int Project, SpanOperation Operation)> _operations = [];
    private readonly Dictionary<(int Identity, int Operation, bool IsFailed), int> _tupleNumbers = [];
    private readonly List<(int Identity, int Operation, bool IsFailed)> _tuples = [];
    private readonly List<string> _projects = [];
    private readonly List<Entry> _entries = [];
    private readonly List<ulong> _hashes = [];
    private readonly List<(int Offset, int FirstTrace)> _pages = [];
    private readonly List<int> _group = [];
    private ulong[] _keys = [];
    private IReadOnlyList<SpanRecord> _records = [];
    private RecordMap[] _maps = [];
    private int _scopeCount;
    private int _resourceCount;

    public BlockBuilder() => _copy.Tags = _tags = new(_texts);

    public void Dispose() => _compressor.Dispose();

    /// <summary>The block of some spans. What it returns is valid until the next block is made.</summary>
    /// <param name="records">The records.</param>
    /// <param name="spans">The spans: of which record, and of its spans which.</param>
    /// <param name="first">The first sequence number that it covers; 0 for one that covers none.</param>
    /// <param name="last">The last.</param>
    /// <param name="replaces">Offsets of earlier blocks of the file that this one stands for.</param>
    public ReadOnlyMemory<byte> Build(IReadOnlyList<SpanRecord> records, List<(int Record, int Span)> spans, ulong first, ulong last, IReadOnlyList<long> replaces)
    {
        Clear(records);
        var facts = default(BlockBounds);
        facts.MinStart = ulong.MaxValue;
        if (_keys.Length < spans.Count)
        {
            _keys = new ulong[spans.Count];
        }

        var keys = _keys.AsSpan(0, spans.Count);
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = records[spans[i].Record].Spans[spans[i].Span].Hash;
        }

        var order = CollectionsMarshal.AsSpan(spans);
        keys.Sort(order);
        MapTexts(order);
        _block.Room(BlockForm.HeaderLength)[..BlockForm.HeaderLength].Clear();
        _block.Advance(BlockForm.HeaderLength);
        for (var from = 0; from < keys.Length;)
        {
            var to = from + 1;
            while (to < keys.Length && keys[to] == keys[from])
            {
                to++;
            }

            Hash(keys[from], order[from..to], ref facts);
            from = to;
        }

        FinishPage();
        WriteFilters();
        Finish(facts, first, last, replaces);
        return _block.Memory;
    }

    private void Clear(IReadOnlyList<SpanRecord> records)
    {
        _records = records;
        _maps = new RecordMap[records.Count];
        _texts.Clear();
        _copy.Clear();
        foreach (var bytes in (ReadOnlySpan<ByteBuffer>)[_block, _page, _pageIds, _pageTimes, _pageBody, _resources, _scopes, _filters])
        {
            bytes.Clear();
        }

        _sharedTags.Clear();
        _pageTags.Clear();
        _known.Clear();
        _identityNumbers.Clear();
        _identities.Clear();
        _operationNumbers.Clear();
        _operations.Clear();
        _listed.Clear();
        _tupleNumbers.Clear();
        _tuples.Clear();
        _projects.Clear();
        _entries.Clear();
        _hashes.Clear();
        _pages.Clear();
        (_scopeCount, _resourceCount, _pageTraces, _pageSpans, _pageDuration) = (0, 0, 0, 0, 0);
    }

    // What is used often gets a short number.
    private void MapTexts(ReadOnlySpan<(int Record, int Span)> spans)
    {
        var last = -1;
        foreach (var (record, _) in spans)
        {
            if (record == last || _maps[record].Interned is not null)
            {
                continue;
            }

            last = record;
            var source = _records[record];
            var interned = new int[source.Texts.Length];
            for (var i = 0; i < interned.Length; i++)
            {
                interned[i] = _texts.Add(source[i], source.Texts[i].Uses);
            }

            _maps[record].Interned = interned;
        }

        var common = new List<int>();
        for (var i = 0; i < _texts.Count; i++)
        {
            if (_texts.UsesOf(i) >= BlockForm.CommonUses)
            {
                common.Add(i);
            }
        }

        common.Sort((a, b) => _texts.UsesOf(b).CompareTo(_texts.UsesOf(a)) is not 0 and var order ? order : a.CompareTo(b));
        _numbers = new int[_texts.Count];
        _part.Clear();
        for (var i = 0; i < common.Count; i++)
        {
            _numbers[common[i]] = i + 1;
        }

        _common = common;
        for (var i = 0; i < _maps.Length; i++)
        {
            if (_maps[i].Interned is not null)
            {
                MapRecord(_records[i], ref _maps[i]);
            }
        }
    }

    private List<int> _common = [];
    private int[] _numbers = [];
    private int _pageTraces;
    private int _pageSpans;
    private ulong _pageDuration;

    private void MapRecord(SpanRecord record, ref RecordMap map)
    {
        var texts = new int[map.Interned.Length];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = _numbers[map.Interned[i]];
        }

        map.Texts = texts;
        map.Project = _projects.IndexOf(record.Project);
        if (map.Project < 0)
        {
            map.Project = _projects.Count;
            _projects.Add(record.Project);
        }

        map.Identities = new int[record.Identities.Length];
        for (var i = 0; i < map.Identities.Length; i++)
        {
            map.Identities[i] = Number(map.Project, record.Identities[i]);
        }

        // Resources and scopes are the same when their bytes are, now that the numbers in them are the block's.
        _copy.Use(record, texts, []);
        _tags.Use(map.Interned);
        _tags.Into = _sharedTags;
        var resources = new int[record.Resources.Length];
        for (var i = 0; i < resources.Length; i++)
        {
            _copy.Clear();
            _copy.Body.Varint(map.Identities[record.Resources[i].Owner]);
            var from = record.OpenResource(i, out _);
            _copy.Resource(ref from);
            resources[i] = Number(_copy.Body.Bytes, 'r', _resources, ref _resourceCount);
        }

        map.Scopes = new int[record.Scopes.Length];
        for (var i = 0; i < map.Scopes.Length; i++)
        {
            _copy.Clear();
            var from = record.OpenScope(i, out var resource);
            _copy.Body.Varint(resources[resource]);
            _copy.Scope(ref from);
            map.Scopes[i] = Number(_copy.Body.Bytes, 's', _scopes, ref _scopeCount);
        }

        _copy.Clear();
    }

    // By 128 bits of hash: two that differ do not have the same in the life of the universe.
    private int Number(ReadOnlySpan<byte> bytes, char kind, ByteBuffer to, ref int count)
    {
        var key = XxHash128.HashToUInt128(bytes, kind);
        if (!_known.TryGetValue(key, out var number))
        {
            _known[key] = number = count++;
            to.Text(bytes);
        }

        return number;
    }

    // Two projects may have one identity; the number is of both.
    private int Number(int project, SpanIdentity identity)
    {
        if (_identityNumbers.TryGetValue(identity, out var number) && _identities[number].Project == project)
        {
            return number;
        }

        for (number = 0; number < _identities.Count; number++)
        {
            if (_identities[number].Project == project && _identities[number].Identity == identity)
            {
                return number;
            }
        }

        _identityNumbers[identity] = number;
        _identities.Add((project, identity));
        return number;
    }

    // The spans of one hash: mostly of one trace.
    private void Hash(ulong hash, Span<(int Record, int Span)> spans, ref BlockBounds facts)
    {
        if (spans.Length > 1)
        {
            spans.Sort(Compare);
        }

        for (var from = 0; from < spans.Length;)
        {
            var to = from + 1;
            while (to < spans.Length && IsSameTrace(spans[from], spans[to]))
            {
                to++;
            }

            Trace(hash, spans[from..to], ref facts);
            from = to;
        }
    }

    private int Compare((int Record, int Span) a, (int Record, int Span) b)
    {
        ref var x = ref _records[a.Record].Spans[a.Span];
        ref var y = ref _records[b.Record].Spans[b.Span];
        return x.TraceId.CompareTo(y.TraceId) is not 0 and var trace ? trace
            : string.CompareOrdinal(_records[a.Record].Project, _records[b.Record].Project) is not 0 and var project ? project
            : x.Start.CompareTo(y.Start) is not 0 and var start ? start
            : x.SpanId.CompareTo(y.SpanId) is not 0 and var span ? span
            : a.CompareTo(b);
    }

    private bool IsSameTrace((int Record, int Span) a, (int Record, int Span) b) =>
        _records[a.Record].Spans[a.Span].TraceId == _records[b.Record].Spans[b.Span].TraceId
        && string.Equals(_records[a.Record].Project, _records[b.Record].Project, StringComparison.Ordinal);

    private void Trace(ulong hash, ReadOnlySpan<(int Record, int Span)> spans, ref BlockBounds facts)
    {
        if (_pageSpans > 0 && _pageSpans + spans.Length > BlockForm.PageSpans)
        {
            FinishPage();
        }

        if (_pageTraces == 0)
        {
            _pages.Add((_block.Length, _hashes.Count));
        }

        var received = 0L;
        _group.Clear();
        _places.Clear();
        for (var i = 0; i < spans.Length; i++)
        {
            if (i == 0 || !IsRepeated(spans[i - 1], spans[i]))
            {
                _group.Add(i);
                _places.Add(_records[spans[i].Record].Spans[spans[i].Span].SpanId);
                received = Math.Max(received, _records[spans[i].Record].ReceivedAt);
            }
        }

        var firstSpan = _records[spans[0].Record].Spans[spans[0].Span];
        _page.Varint(_maps[spans[0].Record].Project);
        _page.Fixed128(firstSpan.TraceId);
        _page.Varint(_group.Count);
        _page.Varint((ulong)received / 1000);
        _page.Varint(firstSpan.Start);
        var previous = firstSpan.Start;
        _tags.Into = _pageTags;
        _copy.Clear();
        foreach (var i in _group)
        {
            var (record, at) = spans[i];
            ref var map = ref _maps[record];
            ref var span = ref _records[record].Spans[at];
            _copy.Use(_records[record], map.Texts, map.Scopes);
            _tags.Use(map.Interned);
            _copy.Copy(span, previous, _places);
            if (span.IsFailed)
            {
                _tags.AddFailed();
            }

            previous = span.Start;
            var operation = Operation(in span, in map, record);
            if (span.IsEntry)
            {
                _entries.Add(new(span.Start, span.Duration >> BlockForm.DurationShift, _hashes.Count, Tuple((map.Identities[span.Identity], operation, span.IsFailed))));
            }

            facts.MaxStart = Math.Max(facts.MaxStart, span.Start);
            facts.MaxDuration = Math.Max(facts.MaxDuration, span.Duration);
            _pageDuration = Math.Max(_pageDuration, span.Duration);
        }

        _page.Varint(_copy.Own.Length + _copy.Ids.Length);
        _page.Varint(_copy.Times.Length);
        _page.Varint(_copy.Body.Length);
        _pageIds.Raw(_copy.Own.Bytes);
        _pageIds.Raw(_copy.Ids.Bytes);
        _pageTimes.Raw(_copy.Times.Bytes);
        _pageBody.Raw(_copy.Body.Bytes);
        facts.MinStart = Math.Min(facts.MinStart, firstSpan.Start);
        facts.Spans += _group.Count;
        _hashes.Add(hash);
        _pageTraces++;
        _pageSpans += _group.Count;
        if (_pageSpans >= BlockForm.PageSpans)
        {
            FinishPage();
        }
    }

    // Identical ones have the same start and id, so they stand one behind the other unless there are others with both.
    private bool IsRepeated((int Record, int Span) a, (int Record, int Span) b)
    {
        ref var x = ref _records[a.Record].Spans[a.Span];
        ref var y = ref _records[b.Record].Spans[b.Span];
        if (x.SpanId != y.SpanId || x.Start != y.Start || x.Duration != y.Duration)
        {
            return false;
        }

        return Canonical(a).AsSpan().SequenceEqual(Canonical(b));

        byte[] Canonical((int Record, int Span) span)
        {
            var copy = new SpanCopy();
            copy.Use(_records[span.Record], _maps[span.Record].Texts, _maps[span.Record].Scopes);
            copy.Copy(_records[span.Record].Spans[span.Span], 0, _none);
            return [.. copy.Own.Bytes, .. copy.Ids.Bytes, .. copy.Times.Bytes, .. copy.Body.Bytes];
        }
    }

    private readonly ParentPlaces _none = new();

    // 0 stands for those that are not listed.
    private int Operation(in RecordSpan span, in RecordMap map, int record)
    {
        var transaction = span.Transaction < 0 ? -1 : map.Interned[span.Transaction];
        var key = (map.Identities[span.Identity], map.Interned[span.Name], span.Kind, transaction);
        if (_operationNumbers.TryGetValue(key, out var number))
        {
            return number;
        }

        if (_operations.Count >= BlockForm.MaxOperations)
        {
            return 0;
        }

        // Instances of one service share them.
        var identity = _records[record].Identities[span.Identity];
        var operation = new SpanOperation(
            identity.Group, identity.Service, TextOf(map.Interned[span.Name]), span.Kind, transaction < 0 ? "" : TextOf(transaction));
        if (!_listed.TryGetValue((map.Project, operation), out number))
        {
            _operations.Add((map.Project, operation));
            _listed[(map.Project, operation)] = number = _operations.Count;
        }

        _operationNumbers[key] = number;
        return number;
    }

    private readonly Dictionary<(int Project, SpanOperation Operation), int> _listed = [];

    private int Tuple((int Identity, int Operation, bool IsFailed) tuple)
    {
        if (!_tupleNumbers.TryGetValue(tuple, out var number))
        {
            _tupleNumbers[tuple] = number = _tuples.Count;
            _tuples.Add(tuple);
        }

        return number;
    }

    private string TextOf(int interned) => Encoding.UTF8.GetString(_texts[interned]);

    private void FinishPage()
    {
        if (_pageTraces == 0)
        {
            return;
        }

        var at = _block.Length;
        _block.Fixed64(0);
        _block.Varint(_pageTraces);
        _block.Raw(_page.Bytes);
        _block.Raw(_pageIds.Bytes);
        _block.Raw(_pageTimes.Bytes);
        Compress(_pageBody.Bytes);
        _block.Fixed64At(at, XxHash3.HashToUInt64(_block.Bytes[(at + sizeof(ulong))..]));
        _filters.Varint(_pageDuration >> BlockForm.DurationShift);
        TagFilter.Write(_filters, _pageTags);
        _pageTags.Clear();
        _page.Clear();
        _pageIds.Clear();
        _pageTimes.Clear();
        _pageBody.Clear();
        (_pageTraces, _pageSpans, _pageDuration) = (0, 0, 0);
    }

    // A page behind the others that has no trace.
    private void WriteFilters()
    {
        var at = _block.Length;
        _pages.Add((at, _hashes.Count));
        _block.Fixed64(0);
        _block.Varint(0);
        _part.Clear();
        _part.Byte(TagFilter.Version);
        TagFilter.Write(_part, _sharedTags);
        _part.Raw(_filters.Bytes);
        Store(_part.Bytes);
        _block.Fixed64At(at, XxHash3.HashToUInt64(_block.Bytes[(at + sizeof(ulong))..]));
    }

    // The bits of filters hardly become fewer: a frame of zstd that has them as they are is read as fast as it is copied (RFC 8878, raw blocks).
    private void Store(ReadOnlySpan<byte> bytes)
    {
        const uint Magic = 0xFD2F_B528;
        const byte LengthFollows = 0xA0;
        const int MostOfBlock = 1 << 17;
        _block.Varint(bytes.Length);
        _block.Fixed32(Magic);
        _block.Byte(LengthFollows);
        _block.Fixed32((uint)bytes.Length);
        for (var isLast = false; !isLast;)
        {
            var part = bytes[..Math.Min(bytes.Length, MostOfBlock)];
            bytes = bytes[part.Length..];
            isLast = bytes.IsEmpty;
            var header = (part.Length << 3) | (isLast ? 1 : 0);
            _block.Byte((byte)header);
            _block.Byte((byte)(header >> 8));
            _block.Byte((byte)(header >> 16));
            _block.Raw(part);
        }
    }

    private void Compress(ReadOnlySpan<byte> bytes)
    {
        _block.Varint(bytes.Length);
        var room = _block.Room(Compressor.GetCompressBound(bytes.Length));
        _block.Advance(_compressor.Wrap(bytes, room));
    }

    private void Finish(BlockBounds facts, ulong first, ulong last, IReadOnlyList<long> replaces)
    {
        var sections = new List<(int At, ulong Checksum)>();
        Section(sections, () =>
        {
            _part.Varint(_common.Count);
            foreach (var text in _common)
            {
                _part.Text(_texts[text]);
            }

            _part.Varint(_resourceCount);
            _part.Raw(_resources.Bytes);
            _part.Varint(_scopeCount);
            _part.Raw(_scopes.Bytes);
        });
        Section(sections, WriteNames);
        Section(sections, WriteEntries);
        var hashes = MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_hashes));
        sections.Add((_block.Length, XxHash3.HashToUInt64(hashes)));
        _block.Raw(hashes);
        var footer = _block.Length;
        _block.Fixed64(first);
        _block.Byte(replaces.Count > 0 ? (byte)1 : (byte)0);
        foreach (var (at, checksum) in sections)
        {
            _block.Fixed64((ulong)at);
            _block.Fixed64(checksum);
        }

        _block.Varint(facts.Spans);
        _block.Varint(facts.MinStart);
        _block.Varint(facts.MaxStart);
        _block.Varint(facts.MaxDuration);
        _block.Varint(_hashes.Count);
        _block.Byte(_operations.Count >= BlockForm.MaxOperations ? (byte)1 : (byte)0);
        _block.Varint(replaces.Count);
        foreach (var offset in replaces)
        {
            _block.Varint((ulong)offset);
        }

        _block.Varint(_pages.Count);
        foreach (var (offset, firstTrace) in _pages)
        {
            _block.Varint(offset);
            _block.Varint(firstTrace);
        }

        var length = _block.Length - footer;
        _block.Fixed64(XxHash3.HashToUInt64(_block.Bytes[footer..]));
        _block.Fixed32((uint)length);
        _block.Fixed32(BlockForm.EndMagic);
        _block.Fixed64At(0, BlockForm.Magic | ((ulong)BlockForm.Version << 32));
        _block.Fixed64At(8, (ulong)_block.Length);
        _block.Fixed64At(16, first);
        _block.Fixed64At(24, last);
        _block.Fixed64At(32, (uint)facts.Spans | (replaces.Count > 0 ? BlockForm.IsMerged : 0));
        _block.Fixed64At(40, XxHash3.HashToUInt64(_block.Bytes[..40]));
    }

    private void Section(List<(int At, ulong Checksum)> sections, Action write)
    {
        _part.Clear();
        write();
        var at = _block.Length;
        Compress(_part.Bytes);
        sections.Add((at, XxHash3.HashToUInt64(_block.Bytes[at..])));
    }

    private void WriteNames()
    {
        _part.Varint(_projects.Count);
        foreach (var project in _projects)
        {
            _part.Text(project);
        }

        _part.Varint(_identities.Count);
        foreach (var (project, identity) in _identities)
        {
            _part.Varint(project);
            SpanEncoder.Write(_part, identity);
        }

        _part.Varint(_operations.Count);
        foreach (var (project, operation) in _operations)
        {
            _part.Varint(project);
            _part.Text(operation.Group);
            _part.Text(operation.Service);
            _part.Text(operation.Name);
            _part.Byte((byte)operation.Kind);
            _part.Text(operation.Transaction);
        }
    }

    private void WriteEntries()
    {
        _entries.Sort(static (a, b) => b.Start.CompareTo(a.Start));
        _part.Varint(_tuples.Count);
        foreach (var (identity, operation, isFailed) in _tuples)
        {
            _part.Varint(identity);
            _part.Varint(operation);
            _part.Byte(isFailed ? (byte)1 : (byte)0);
        }

        _part.Varint(_entries.Count);
        var start = ulong.MaxValue;
        foreach (var entry in _entries)
        {
            _part.Varint(start - entry.Start);
            start = entry.Start;
        }

        foreach (var entry in _entries)
        {
            _part.Varint(entry.Duration);
        }

        foreach (var entry in _entries)
        {
            _part.Varint(entry.Tuple);
        }

        foreach (var entry in _entries)
        {
            _part.Varint(entry.Trace);
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private record struct RecordMap(int[] Interned, int[] Texts, int[] Scopes, int[] Identities, int Project);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Entry(ulong Start, ulong Duration, int Trace, int Tuple);

    [StructLayout(LayoutKind.Auto)]
    private struct BlockBounds
    {
        public ulong MinStart;
        public ulong MaxStart;
        public ulong MaxDuration;
        public int Spans;
    }
}
