using System.Buffers.Binary;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Store;

/// <summary>Reads spans that were written as <see cref="SpanForm"/> says, into one group. Not for two threads at once.</summary>
/// <param name="group">Where they go.</param>
/// <param name="isOutline">Whether attributes, events, links, states and messages are left out, which is much faster.</param>
internal sealed class SpanDecoder(SpanGroup group, bool isOutline = false)
{
    private const int FewTexts = 64;
    private const int UsualAttributes = 8;

    private readonly Dictionary<(object Source, int Scope), int> _scopes = [];
    private readonly Dictionary<(object Source, int Resource), int> _resources = [];
    private readonly SpanBatch _batch = group.Batch;
    private ITextSource _source = NoTexts.Instance;
    private (int Number, TextRef Text)[] _texts = new (int, TextRef)[FewTexts];
    private int _known;
    private (int Number, int Place) _lastScope = (-1, 0);

    /// <summary>Says where texts, scopes and resources are that the spans refer to.</summary>
    public void Use(ITextSource source)
    {
        if (!ReferenceEquals(_source, source))
        {
            _source = source;
            _texts = _known == 0 ? _texts : new (int, TextRef)[FewTexts];
            _known = 0;
            _lastScope = (-1, 0);
        }
    }

    /// <summary>Makes room for so many spans more, so that little is made and thrown away while they come.</summary>
    public void Reserve(int spans)
    {
        _batch.Spans.EnsureCapacity(_batch.Spans.Count + spans);
        group.Facts.EnsureCapacity(group.Facts.Count + spans);
        if (!isOutline)
        {
            _batch.Attributes.EnsureCapacity(_batch.Attributes.Count + (spans * UsualAttributes));
        }
    }

    /// <summary>Reads a span.</summary>
    /// <param name="traceId">Its trace's id.</param>
    /// <param name="spanId">Its own id.</param>
    /// <param name="ids">Behind its own id.</param>
    /// <param name="times">At the start.</param>
    /// <param name="body">At the span.</param>
    /// <param name="previous">The start of the span before it in the page; null in a record.</param>
    /// <param name="parents">The ids of the spans of its trace in the page, 8 bytes each, in their order; empty in a record.</param>
    /// <returns>Its start.</returns>
    public ulong Read(UInt128 traceId, ulong spanId, ref ByteCursor ids, ref ByteCursor times, ref ByteCursor body, ulong? previous, ReadOnlySpan<byte> parents)
    {
        var flags = body.Byte();
        var more = body.Byte();
        var span = new SpanData
        {
            TraceId = traceId,
            SpanId = spanId,
            Start = previous is { } before ? before + times.Varint() : times.Fixed64(),
            Kind = (SpanKind)(flags & SpanForm.KindMask),
            Status = (SpanStatus)((flags >> SpanForm.StatusShift) & SpanForm.StatusMask),
        };
        var facts = new SpanFacts { IsEntry = (flags & SpanForm.IsEntry) != 0, IsFailed = (flags & SpanForm.IsFailed) != 0 };
        span.End = span.Start + times.Varint();
        span.Scope = ScopeOf(body.Number());
        if ((flags & SpanForm.HasParent) != 0)
        {
            var place = previous is null ? 0 : body.Number();
            span.ParentId = place == 0 ? ids.Fixed64() : place <= parents.Length / sizeof(ulong) ? BinaryPrimitives.ReadUInt64LittleEndian(parents[((place - 1) * sizeof(ulong))..]) : throw new InvalidDataException("A parent is missing.");
        }

        span.Name = Text(ref body);
        facts.Type = body.Byte();
        span.Flags = (uint)body.Varint();
        span.TraceState = (more & SpanForm.HasTraceState) != 0 ? Detail(ref body) : default;
        span.StatusMessage = (more & SpanForm.HasMessage) != 0 ? Detail(ref body) : default;
        facts.Transaction = (more & SpanForm.HasTransaction) != 0 ? Text(ref body) : default;
        facts.Address = (more & SpanForm.HasAddress) != 0 ? body.Fixed32() : 0;
        span.Warnings = (more & SpanForm.HasWarnings) != 0 ? (SpanWarnings)body.Byte() : SpanWarnings.None;
        if ((more & SpanForm.HasDropped) != 0)
        {
            span.DroppedAttributes = (uint)body.Varint();
            span.DroppedEvents = (uint)body.Varint();
            span.DroppedLinks = (uint)body.Varint();
        }

        span.Attributes = Attributes(ref body);
        if ((more & SpanForm.HasEvents) != 0)
        {
            span.Events = Events(ref times, ref body, span.Start);
        }

        if ((more & SpanForm.HasLinks) != 0)
        {
            span.Links = Links(ref ids, ref body);
        }

        _batch.Spans.Add(span);
        group.Facts.Add(facts);
        return span.Start;
    }

    private Slice Events(ref ByteCursor times, ref ByteCursor body, ulong start)
    {
        var first = _batch.Events.Count;
        var count = body.Count();
        for (var i = 0; i < count; i++)
        {
            var happened = new SpanEvent { Time = unchecked(start + (ulong)times.Signed()), Name = Detail(ref body), DroppedAttributes = (uint)body.Varint() };
            happened.Attributes = Attributes(ref body);
            if (!isOutline)
            {
                _batch.Events.Add(happened);
            }
        }

        return isOutline ? default : new(first, count);
    }

    private Slice Links(ref ByteCursor ids, ref ByteCursor body)
    {
        var first = _batch.Links.Count;
        var count = body.Count();
        for (var i = 0; i < count; i++)
        {
            var link = new SpanLink
            {
                TraceId = ids.Fixed128(),
                SpanId = ids.Fixed64(),
                TraceState = Detail(ref body),
                Flags = (uint)body.Varint(),
                DroppedAttributes = (uint)body.Varint(),
            };
            link.Attributes = Attributes(ref body);
            if (!isOutline)
            {
                _batch.Links.Add(link);
            }
        }

        return isOutline ? default : new(first, count);
    }

    private Slice Attributes(ref ByteCursor from)
    {
        var first = _batch.Attributes.Count;
        var count = from.Count();
        for (var i = 0; i < count; i++)
        {
            var key = from.Varint();
            var attribute = new SpanAttribute { Kind = (ValueKind)(key & ((1 << SpanForm.ValueKindBits) - 1)), Key = Detail(key >> SpanForm.ValueKindBits, ref from) };
            switch (attribute.Kind)
            {
                case ValueKind.Empty:
                    break;
                case ValueKind.Bool or ValueKind.Int:
                    attribute.Number = from.Signed();
                    break;
                case ValueKind.Double:
                    attribute.Number = (long)from.Fixed64();
                    break;
                default:
                    attribute.Text = Detail(ref from);
                    break;
            }

            if (!isOutline)
            {
                _batch.Attributes.Add(attribute);
            }
        }

        return isOutline ? default : new(first, count);
    }

    private int ScopeOf(int number)
    {
        if (number != _lastScope.Number)
        {
            _lastScope = (number, FindScope(number));
        }

        return _lastScope.Place;
    }

    private int FindScope(int number)
    {
        if (_scopes.TryGetValue((_source, number), out var known))
        {
            return known;
        }

        var from = _source.OpenScope(number, out var resource);
        var scope = new SpanScope { Resource = ResourceOf(resource) };
        if (!isOutline)
        {
            (scope.Name, scope.Version, scope.SchemaUrl, scope.DroppedAttributes) = (Text(ref from), Text(ref from), Text(ref from), (uint)from.Varint());
            scope.Attributes = Attributes(ref from);
        }

        _batch.Scopes.Add(scope);
        return _scopes[(_source, number)] = _batch.Scopes.Count - 1;
    }

    private int ResourceOf(int number)
    {
        if (_resources.TryGetValue((_source, number), out var known))
        {
            return known;
        }

        var from = _source.OpenResource(number, out var identity);
        var resource = default(SpanResource);
        if (!isOutline)
        {
            (resource.SchemaUrl, resource.DroppedAttributes) = (Text(ref from), (uint)from.Varint());
            resource.Attributes = Attributes(ref from);
        }

        _batch.Resources.Add(resource);
        group.Identities.Add(identity);
        return _resources[(_source, number)] = _batch.Resources.Count - 1;
    }

    private TextRef Text(ref ByteCursor from) => Text(from.Varint(), ref from);

    private TextRef Text(ulong number, ref ByteCursor from)
    {
        if (number == 0)
        {
            return _batch.Add(from.Text());
        }

        if (number > (ulong)_source.Count)
        {
            throw new InvalidDataException("A text is missing.");
        }

        // Spans of one trace need few of the thousands that a block has.
        var mask = _texts.Length - 1;
        for (var slot = (int)number & mask; ; slot = (slot + 1) & mask)
        {
            if (_texts[slot].Number == (int)number)
            {
                return _texts[slot].Text;
            }

            if (_texts[slot].Number == 0)
            {
                var text = _batch.Add(_source[(int)number - 1]);
                _texts[slot] = ((int)number, text);
                if (++_known * 2 > _texts.Length)
                {
                    Grow();
                }

                return text;
            }
        }
    }

    private void Grow()
    {
        var known = _texts;
        _texts = new (int, TextRef)[known.Length * 4];
        var mask = _texts.Length - 1;
        foreach (var entry in known)
        {
            if (entry.Number != 0)
            {
                var slot = entry.Number & mask;
                while (_texts[slot].Number != 0)
                {
                    slot = (slot + 1) & mask;
                }

                _texts[slot] = entry;
            }
        }
    }

    // A text that an outline does not have.
    private TextRef Detail(ref ByteCursor from) => Detail(from.Varint(), ref from);

    private TextRef Detail(ulong number, ref ByteCursor from)
    {
        if (!isOutline)
        {
            return Text(number, ref from);
        }

        if (number == 0)
        {
            from.Text();
        }

        return default;
    }

    private sealed class NoTexts : ITextSource
    {
        public static readonly NoTexts Instance = new();

        public int Count => 0;

        public ReadOnlySpan<byte> this[int number] => [];

        public ByteCursor OpenScope(int number, out int resource) => throw new InvalidOperationException();

        public ByteCursor OpenResource(int number, out SpanIdentity identity) => throw new InvalidOperationException();
    }
}

/// <summary>What spans of one record or block refer to.</summary>
internal interface ITextSource
{
    int Count { get; }

    ReadOnlySpan<byte> this[int number] { get; }

    /// <summary>The scope of a number, behind that of its resource.</summary>
    ByteCursor OpenScope(int number, out int resource);

    ByteCursor OpenResource(int number, out SpanIdentity identity);
}
