using System.Runtime.InteropServices;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Zipkin;

/// <summary>
/// Makes spans of Zipkin's version 1, in which annotations say what a span is: <c>cs</c> and <c>cr</c> that a client sent and received, <c>sr</c> and <c>ss</c> the
/// same of a server, <c>ms</c> and <c>mr</c> of a message; and <c>sa</c>, <c>ca</c> and <c>ma</c> whose address the other side has. One that says both sides becomes two.
/// </summary>
/// <param name="spans">Where they go.</param>
internal sealed class ZipkinV1(ZipkinSpans spans)
{
    // Annotations that say what a span is are taken beyond what is kept of others.
    private const int MostCore = 64;

    private static readonly byte[][] s_core = [[.. "cs"u8], [.. "cr"u8], [.. "sr"u8], [.. "ss"u8], [.. "ms"u8], [.. "ws"u8], [.. "wr"u8], [.. "mr"u8]];
    private static readonly byte[][] s_addresses = [[.. "sa"u8], [.. "ca"u8], [.. "ma"u8]];

    private readonly SpanBatch _batch = spans.Batch;
    private readonly List<Annotation> _annotations = [];
    private readonly List<BinaryAnnotation> _binaries = [];
    private readonly int[] _core = new int[s_core.Length];
    private readonly int[] _addresses = new int[s_addresses.Length];
    private uint _droppedAnnotations;
    private uint _droppedBinaries;

    /// <summary>Begins a span.</summary>
    public void Clear()
    {
        _annotations.Clear();
        _binaries.Clear();
        _core.AsSpan().Fill(-1);
        _addresses.AsSpan().Fill(-1);
        (_droppedAnnotations, _droppedBinaries) = (0, 0);
    }

    public void Add(in Annotation annotation)
    {
        var core = IndexOf(s_core, _batch[annotation.Value]);
        if (_annotations.Count < spans.Limits.Members || (core >= 0 && _annotations.Count < spans.Limits.Members + MostCore))
        {
            if (core >= 0)
            {
                _core[core] = _annotations.Count;
            }

            _annotations.Add(annotation);
        }
        else
        {
            _droppedAnnotations++;
        }
    }

    public void Add(in BinaryAnnotation annotation)
    {
        var address = annotation.Endpoint.IsEmpty ? -1 : IndexOf(s_addresses, _batch[annotation.Attribute.Key]);
        if (_binaries.Count < spans.Limits.Members || (address >= 0 && _binaries.Count < spans.Limits.Members + MostCore))
        {
            if (address >= 0)
            {
                _addresses[address] = _binaries.Count;
            }

            _binaries.Add(annotation);
        }
        else
        {
            _droppedBinaries++;
        }
    }

    /// <summary>Ends a span.</summary>
    /// <param name="span">What is said of it as such.</param>
    /// <param name="traceId">Its trace's id.</param>
    /// <param name="spanId">Its id.</param>
    /// <param name="parentId">Its parent's id; empty for none.</param>
    public void Finish(in Span span, ReadOnlySpan<byte> traceId, ReadOnlySpan<byte> spanId, ReadOnlySpan<byte> parentId)
    {
        var first = new Half { Kind = SpanKind.Internal };
        var second = default(Half);
        Half? client = Find(0, 1), server = Find(2, 3), producer = Find(4, 5), consumer = Find(6, 7);
        if (client is not null || server is not null)
        {
            first = client is { } sent ? sent with { Kind = SpanKind.Client } : server!.Value with { Kind = SpanKind.Server };
            second = client is not null && server is { } received ? received with { Kind = SpanKind.Server } : default;
        }
        else if (producer is not null || consumer is not null)
        {
            first = producer is { } sent ? sent with { Kind = SpanKind.Producer } : consumer!.Value with { Kind = SpanKind.Consumer };
            second = producer is not null && consumer is { } received ? received with { Kind = SpanKind.Consumer } : default;
        }

        SetEndpoints(ref first, ref second);
        var isOne = second.Kind == (Stagedoor.Tracing.Spans.SpanKind)0;
        Add(span, first, second, isFirst: true, Times(span, first, isOne), traceId, spanId, parentId);
        if (!isOne)
        {
            Add(span, second, first, isFirst: false, Times(default, second, isOne), traceId, spanId, parentId);
        }
    }

    private static int IndexOf(byte[][] known, ReadOnlySpan<byte> text)
    {
        for (var i = 0; text.Length == 2 && i < known.Length; i++)
        {
            if (text.SequenceEqual(known[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private Half? Find(int begin, int end) =>
        _core[begin] < 0 && _core[end] < 0 ? null : new() { Begin = _core[begin], HasBegin = _core[begin] >= 0, End = _core[end], HasEnd = _core[end] >= 0 };

    private void SetEndpoints(ref Half first, ref Half second)
    {
        first.Local = first.HasBegin || first.HasEnd ? LocalOf(first) : FindLocal();
        second.Local = LocalOf(second);
        var (server, client, broker) = (AddressOf(0), AddressOf(1), AddressOf(2));
        switch (first.Kind)
        {
            case SpanKind.Internal when !client.IsEmpty && !server.IsEmpty:
                (first.Local, first.Remote) = (client, server);
                break;
            case SpanKind.Internal when !client.IsEmpty:
                (first.Kind, first.Remote) = (SpanKind.Server, client);
                break;
            case SpanKind.Internal or SpanKind.Client:
                first.Remote = server;
                second.Remote = client;
                break;
            case SpanKind.Server:
                first.Remote = client;
                break;
            default:
                first.Remote = second.Remote = broker;
                break;
        }

        Tidy(ref first);
        Tidy(ref second);
    }

    // Some write their own address, or their own name with the port of the other side: that is no call to oneself.
    private void Tidy(ref Half half)
    {
        if (half.Remote.Is(half.Local, _batch))
        {
            half.Remote = default;
        }
        else if (half.Kind is SpanKind.Server && _batch[half.Remote.Service].SequenceEqual(_batch[half.Local.Service]))
        {
            half.Remote.Service = default;
        }
    }

    private ZipkinEndpoint AddressOf(int address) => _addresses[address] < 0 ? default : _binaries[_addresses[address]].Endpoint;

    private ZipkinEndpoint LocalOf(in Half half)
    {
        var begin = half.HasBegin ? _annotations[half.Begin].Endpoint : default;
        return begin.IsEmpty && half.HasEnd ? _annotations[half.End].Endpoint : begin;
    }

    private ZipkinEndpoint FindLocal()
    {
        foreach (ref readonly var annotation in CollectionsMarshal.AsSpan(_annotations))
        {
            if (!annotation.Endpoint.IsEmpty)
            {
                return annotation.Endpoint;
            }
        }

        for (var i = 0; i < _binaries.Count; i++)
        {
            if (!_binaries[i].Endpoint.IsEmpty && Array.IndexOf(_addresses, i) < 0)
            {
                return _binaries[i].Endpoint;
            }
        }

        return default;
    }

    // In microseconds. Of one half of two the annotations alone say it, unless the span says both.
    private (ulong Start, ulong End, bool HasDuration) Times(in Span span, in Half half, bool isOne)
    {
        var (earliest, latest) = (ulong.MaxValue, 0UL);
        foreach (ref readonly var annotation in CollectionsMarshal.AsSpan(_annotations))
        {
            if (annotation.Time > 0)
            {
                (earliest, latest) = (Math.Min(earliest, annotation.Time), Math.Max(latest, annotation.Time));
            }
        }

        var begin = half.HasBegin ? _annotations[half.Begin].Time : half.HasEnd && !isOne ? _annotations[half.End].Time : 0;
        var start = span.Timestamp > 0 ? span.Timestamp : begin > 0 ? begin : latest > 0 ? earliest : 0;
        if (start == 0)
        {
            return (0, 0, false);
        }

        if (span.Duration > 0)
        {
            return (start, span.Duration > ulong.MaxValue - start ? ulong.MaxValue : start + span.Duration, true);
        }

        if (half.HasBegin && half.HasEnd)
        {
            var (from, to) = (_annotations[half.Begin].Time, _annotations[half.End].Time);
            return (start, to >= from ? start + Math.Min(Math.Max(to - from, 1), ulong.MaxValue - start) : start - 1, true);
        }

        return isOne && latest > earliest ? (start, start + Math.Min(latest - earliest, ulong.MaxValue - start), true) : (start, start, false);
    }

    private void Add(
        in Span sent, in Half half, in Half other, bool isFirst, (ulong Start, ulong End, bool HasDuration) times, ReadOnlySpan<byte> traceId, ReadOnlySpan<byte> spanId, ReadOnlySpan<byte> parentId)
    {
        var span = new SpanData
        {
            Kind = half.Kind,
            Flags = (sent.IsDebug ? ZipkinFlags.Debug : 0) | (isFirst && !IsShared(sent, half) ? 0 : ZipkinFlags.Shared),
            Warnings = times.HasDuration ? SpanWarnings.None : SpanWarnings.NoDuration,
        };
        span.Name = _batch.Keep(sent.Name, spans.Limits.Name, ref span.Warnings);
        spans.SetEnd(ref span, times.Start, times.End);
        if (isFirst && _droppedAnnotations + _droppedBinaries > 0)
        {
            (span.DroppedEvents, span.DroppedAttributes) = (_droppedAnnotations, _droppedBinaries);
            span.Warnings |= SpanWarnings.Cut;
            _batch.CountCut((int)(_droppedAnnotations + _droppedBinaries));
        }

        var first = _batch.Attributes.Count;
        spans.AddRemote(half.Remote, first, ref span);
        for (var i = 0; i < _binaries.Count; i++)
        {
            var binary = _binaries[i];
            var isAddress = !binary.Endpoint.IsEmpty && IndexOf(s_addresses, _batch[binary.Attribute.Key]) >= 0;
            var isMark = binary.Attribute is { Kind: ValueKind.Text, Text.Length: 0 } && _batch[binary.Attribute.Key].SequenceEqual("lc"u8);
            if (!isAddress && !isMark && IsOf(binary.Endpoint, half, other, isFirst))
            {
                spans.Add(first, binary.Attribute, ref span);
            }
        }

        spans.SetStatus(first, ref span);
        span.Attributes = new(first, _batch.Attributes.Count - first);
        span.Links = new(_batch.Links.Count, 0);
        var firstEvent = _batch.Events.Count;
        for (var i = 0; i < _annotations.Count; i++)
        {
            var isCore = i == half.Begin && half.HasBegin || i == half.End && half.HasEnd || i == other.Begin && other.HasBegin || i == other.End && other.HasEnd;
            if (!isCore && IsOf(_annotations[i].Endpoint, half, other, isFirst))
            {
                spans.AddEvent(_annotations[i].Time, _annotations[i].Value, firstEvent, ref span);
            }
        }

        span.Events = new(firstEvent, _batch.Events.Count - firstEvent);
        spans.Take(half.Local, ref span, traceId, spanId, parentId);
    }

    // Who made a span says how long it took: a server that does not has the client's.
    private static bool IsShared(in Span sent, in Half half) =>
        half is { Kind: SpanKind.Server, HasBegin: true } && (sent.Timestamp == 0 || (half.HasEnd && sent.Duration == 0));

    // What is of nobody is the first half's.
    private bool IsOf(in ZipkinEndpoint endpoint, in Half half, in Half other, bool isFirst)
    {
        if (half.Kind == (Stagedoor.Tracing.Spans.SpanKind)0 || other.Kind == (Stagedoor.Tracing.Spans.SpanKind)0)
        {
            return true;
        }

        var service = _batch[endpoint.Service];
        var (client, server) = isFirst ? (half, other) : (other, half);
        var isSecond = service.Length > 0 && service.SequenceEqual(_batch[server.Local.Service]) && !service.SequenceEqual(_batch[client.Local.Service]);
        return isSecond != isFirst;
    }

    /// <summary>What a span says as such. Times are in microseconds, 0 when they are not said.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal struct Span
    {
        public TextRef Name;
        public ulong Timestamp;
        public ulong Duration;
        public bool IsDebug;
    }

    /// <summary>Something that happened, and where. The time is in microseconds.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal struct Annotation
    {
        public ulong Time;
        public TextRef Value;
        public ZipkinEndpoint Endpoint;
    }

    /// <summary>Something that is known, and where.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal struct BinaryAnnotation
    {
        public SpanAttribute Attribute;
        public ZipkinEndpoint Endpoint;
    }

    /// <summary>One side of a span. Without a kind it is none.</summary>
    [StructLayout(LayoutKind.Auto)]
    private struct Half
    {
        public SpanKind Kind;
        public int Begin;
        public int End;
        public bool HasBegin;
        public bool HasEnd;
        public ZipkinEndpoint Local;
        public ZipkinEndpoint Remote;
    }
}
