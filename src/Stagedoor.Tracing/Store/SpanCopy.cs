using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Store;

/// <summary>
/// Copies a record's spans into the form of a page, text numbers replaced by those of the block; without a map it only finds out where each ends. What it writes depends on what
/// the span says alone, so that two spans are the same when these bytes are. Not for two threads at once.
/// </summary>
internal sealed class SpanCopy
{
    private SpanRecord? _record;
    private int[] _map = [];
    private int[] _scopeMap = [];

    /// <summary>The spans' own ids.</summary>
    public ByteBuffer Own { get; } = new();

    /// <summary>The ids that they refer to.</summary>
    public ByteBuffer Ids { get; } = new();

    public ByteBuffer Times { get; } = new();

    public ByteBuffer Body { get; } = new();

    /// <summary>Is told all attributes and names of events; null when nobody wants to know.</summary>
    public TagCollector? Tags { get; set; }

    /// <summary>The record's number of the scope of the last span.</summary>
    public int LastScope { get; private set; }

    public void Clear()
    {
        Own.Clear();
        Ids.Clear();
        Times.Clear();
        Body.Clear();
    }

    /// <summary>Says which record the spans are of.</summary>
    /// <param name="record">The record.</param>
    /// <param name="map">For each of its texts the number in the block plus one; 0 for one that is written where it is used.</param>
    /// <param name="scopeMap">For each of its scopes the number in the block.</param>
    public void Use(SpanRecord record, int[] map, int[] scopeMap) => (_record, _map, _scopeMap) = (record, map, scopeMap);

    /// <summary>Writes a span for a page.</summary>
    /// <param name="span">The span of the record in use.</param>
    /// <param name="previous">The start of the span before it in the trace.</param>
    /// <param name="trace">The ids of the spans of the trace, in their order: a parent among them is named by its place.</param>
    public void Copy(RecordSpan span, ulong previous, ParentPlaces trace)
    {
        var record = _record!;
        var ids = new ByteCursor(record.Bytes, record.IdsAt + span.Ids + 16);
        var times = new ByteCursor(record.Bytes, record.TimesAt + span.Times);
        var body = new ByteCursor(record.Bytes, record.BodyAt + span.Body);
        Span(ref ids, ref times, ref body, ref span, previous, trace);
    }

    public void Span(ref ByteCursor ids, ref ByteCursor times, ref ByteCursor body, ref RecordSpan span, ulong previous = 0, ParentPlaces? trace = null)
    {
        var flags = body.Byte();
        var more = body.Byte();
        var scope = LastScope = body.Number();
        Body.Byte(flags);
        Body.Byte(more);
        Body.Varint(_record is null ? scope : _scopeMap[scope]);
        span.SpanId = ids.Fixed64();
        Own.Fixed64(span.SpanId);
        span.Start = times.Fixed64();
        Times.Varint(span.Start - previous);
        span.Duration = times.Varint();
        Times.Varint(span.Duration);
        span.Kind = (SpanKind)(flags & SpanForm.KindMask);
        span.IsEntry = (flags & SpanForm.IsEntry) != 0;
        span.IsFailed = (flags & SpanForm.IsFailed) != 0;
        if ((flags & SpanForm.HasParent) != 0)
        {
            var parent = ids.Fixed64();
            var place = trace?.Find(parent) ?? 0;
            Body.Varint(place);
            if (place == 0)
            {
                Ids.Fixed64(parent);
            }
        }

        span.Name = Text(ref body);
        Body.Byte(span.Type = body.Byte());
        Body.Varint(body.Varint());
        if ((more & SpanForm.HasTraceState) != 0)
        {
            Text(ref body);
        }

        if ((more & SpanForm.HasMessage) != 0)
        {
            Text(ref body);
        }

        span.Transaction = (more & SpanForm.HasTransaction) != 0 ? Text(ref body) : -1;
        if ((more & SpanForm.HasAddress) != 0)
        {
            Body.Fixed32(span.Address = body.Fixed32());
        }

        if ((more & SpanForm.HasWarnings) != 0)
        {
            Body.Byte(body.Byte());
        }

        if ((more & SpanForm.HasDropped) != 0)
        {
            Body.Varint(body.Varint());
            Body.Varint(body.Varint());
            Body.Varint(body.Varint());
        }

        Attributes(ref body);
        if ((more & SpanForm.HasEvents) != 0)
        {
            for (var left = Count(ref body); left > 0; left--)
            {
                Times.Varint(times.Varint());
                var name = Text(ref body);
                Tags?.AddKey(name);
                Body.Varint(body.Varint());
                Attributes(ref body);
            }
        }

        if ((more & SpanForm.HasLinks) != 0)
        {
            for (var left = Count(ref body); left > 0; left--)
            {
                Ids.Raw(ids.Raw(24));
                Text(ref body);
                Body.Varint(body.Varint());
                Body.Varint(body.Varint());
                Attributes(ref body);
            }
        }
    }

    /// <summary>Copies a resource.</summary>
    public void Resource(ref ByteCursor from)
    {
        Text(ref from);
        Body.Varint(from.Varint());
        Attributes(ref from);
    }

    /// <summary>Copies a scope.</summary>
    public void Scope(ref ByteCursor from)
    {
        Text(ref from);
        Text(ref from);
        Text(ref from);
        Body.Varint(from.Varint());
        Attributes(ref from);
    }

    private int Count(ref ByteCursor from)
    {
        var count = from.Count();
        Body.Varint(count);
        return count;
    }

    private void Attributes(ref ByteCursor from)
    {
        for (var left = Count(ref from); left > 0; left--)
        {
            var sent = from.Varint();
            var kind = sent & ((1 << SpanForm.ValueKindBits) - 1);
            var number = (int)(sent >> SpanForm.ValueKindBits) - 1;
            var mapped = _record is null ? number + 1 : _map[number];
            Body.Varint(((ulong)(uint)mapped << SpanForm.ValueKindBits) | kind);
            if (mapped == 0)
            {
                Body.Text(_record![number]);
            }

            var value = 0UL;
            switch ((ValueKind)kind)
            {
                case ValueKind.Empty:
                    break;
                case ValueKind.Bool or ValueKind.Int:
                    Body.Varint(value = from.Varint());
                    break;
                case ValueKind.Double:
                    Body.Fixed64(value = from.Fixed64());
                    break;
                default:
                    value = (ulong)Text(ref from);
                    break;
            }

            Tags?.Add(number, (ValueKind)kind, value);
        }
    }

    // The record's number.
    private int Text(ref ByteCursor from)
    {
        var number = from.Number() - 1;
        var mapped = _record is null ? number + 1 : _map[number];
        Body.Varint(mapped);
        if (mapped == 0)
        {
            Body.Text(_record![number]);
        }

        return number;
    }
}

/// <summary>The places of a trace's spans, counted from 1.</summary>
internal sealed class ParentPlaces
{
    private const int Few = 24;

    private readonly List<ulong> _ids = [];
    private readonly Dictionary<ulong, int> _places = [];

    public void Clear()
    {
        _ids.Clear();
        _places.Clear();
    }

    public void Add(ulong spanId)
    {
        _ids.Add(spanId);
        if (_ids.Count == Few)
        {
            for (var i = 0; i < Few; i++)
            {
                _places.TryAdd(_ids[i], i + 1);
            }
        }
        else if (_ids.Count > Few)
        {
            _places.TryAdd(spanId, _ids.Count);
        }
    }

    /// <summary>The place of the first span with that id; 0 when it is not of the trace.</summary>
    public int Find(ulong spanId) => _ids.Count < Few ? _ids.IndexOf(spanId) + 1 : _places.GetValueOrDefault(spanId);
}
