using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Stagedoor.Tracing.Store;

/// <summary>Some traces of a block. Whoever knows that nobody reads it any more gives its memory back (<see cref="Release"/>); it does no harm when nobody does.</summary>
internal sealed class Page
{
    private readonly bool _isRented;
    private byte[] _bytes;
    private byte[] _inflated;
    private int _length;
    private int _inflatedLength;

    private Page(byte[] bytes, int length, bool isRented, byte[] inflated, int inflatedLength, PageTrace[] traces) =>
        (_bytes, _length, _isRented, _inflated, _inflatedLength, Traces) = (bytes, length, isRented, inflated, inflatedLength, traces);

    public PageTrace[] Traces { get; }

    /// <summary>What was compressed in it.</summary>
    public ReadOnlySpan<byte> Body => _inflated.AsSpan(0, _inflatedLength);

    private ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <inheritdoc cref="Open(byte[], int, bool)"/>
    public static Page Open(byte[] bytes) => Open(bytes, bytes.Length, isRented: false);

    /// <summary>Opens a page.</summary>
    /// <param name="bytes">Its bytes, which are the page's from now on.</param>
    /// <param name="length">How many of them are.</param>
    /// <param name="isRented">Whether they are of the shared pool.</param>
    /// <exception cref="InvalidDataException">It is not as it was written.</exception>
    public static Page Open(byte[] bytes, int length, bool isRented)
    {
        var all = bytes.AsSpan(0, length);
        var from = new ByteCursor(all);
        if (from.Fixed64() != XxHash3.HashToUInt64(all[sizeof(ulong)..]))
        {
            throw new InvalidDataException("A page is not what was written.");
        }

        var traces = new PageTrace[from.Count()];
        var (ids, times, body) = (0, 0, 0);
        foreach (ref var trace in traces.AsSpan())
        {
            trace = new(from.Number(), from.Fixed128(), from.Number(), (long)from.Varint(), from.Varint(), ids, times, body);
            ids = checked(ids + from.Number());
            times = checked(times + from.Number());
            body = checked(body + from.Number());
        }

        var idsAt = from.At;
        from.Raw(ids);
        from.Raw(times);
        foreach (ref var trace in traces.AsSpan())
        {
            trace = trace with { Ids = trace.Ids + idsAt, Times = trace.Times + idsAt + ids };
        }

        var inflatedLength = from.Number();
        var inflated = ArrayPool<byte>.Shared.Rent(inflatedLength);
        Zstd.Inflate(all[from.At..], inflated.AsSpan(0, inflatedLength));
        return new(bytes, length, isRented, inflated, inflatedLength, traces);
    }

    /// <summary>Gives its memory back. What reads it from then on finds it damaged, and never what another has there.</summary>
    public void Release()
    {
        var (bytes, inflated) = (_bytes, _inflated);
        (_bytes, _inflated, _length, _inflatedLength) = ([], [], 0, 0);
        if (inflated.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(inflated);
        }

        if (_isRented && bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>The pages of a block that may have what is wanted, of the page without traces that says so (<see cref="TagFilter"/>).</summary>
    /// <exception cref="InvalidDataException">It is not as it was written.</exception>
    public static List<int> FindPages(ReadOnlySpan<byte> bytes, int pages, ReadOnlySpan<ulong> tags, ulong minDuration)
    {
        var from = new ByteCursor(bytes);
        if (from.Fixed64() != XxHash3.HashToUInt64(bytes[sizeof(ulong)..]) || from.Count() != 0)
        {
            throw new InvalidDataException("A filter is not what was written.");
        }

        var length = from.Number();
        var body = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Zstd.Inflate(bytes[from.At..], body.AsSpan(0, length));
            return TagFilter.Find(body.AsSpan(0, length), pages, tags, minDuration);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(body);
        }
    }

    /// <summary>Decodes one span.</summary>
    /// <param name="trace">Its trace.</param>
    /// <param name="place">Where it is.</param>
    /// <param name="texts">What it refers to.</param>
    /// <param name="into">Where it goes.</param>
    public void Decode(in PageTrace trace, in SpanPlace place, BlockTexts texts, SpanDecoder into)
    {
        into.Use(texts);
        var own = new ByteCursor(Bytes, trace.Ids);
        var all = own.Raw(checked(trace.Spans * sizeof(ulong)));
        var ids = new ByteCursor(Bytes, place.Ids);
        var times = new ByteCursor(Bytes, place.Times);
        var body = new ByteCursor(Body, place.Body);
        into.Read(trace.TraceId, BinaryPrimitives.ReadUInt64LittleEndian(all[(place.Number * sizeof(ulong))..]), ref ids, ref times, ref body, place.Previous, all);
    }

    /// <summary>Decodes the spans of a trace.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="texts">What its spans refer to.</param>
    /// <param name="into">Where they go.</param>
    /// <param name="places">Told where each of them is; null when nobody wants to know.</param>
    public void Decode(in PageTrace trace, BlockTexts texts, SpanDecoder into, List<SpanPlace>? places = null)
    {
        into.Use(texts);
        var ids = new ByteCursor(Bytes, trace.Ids);
        var own = ids.Raw(checked(trace.Spans * sizeof(ulong)));
        var times = new ByteCursor(Bytes, trace.Times);
        var body = new ByteCursor(Body, trace.Body);
        var start = trace.Start;
        into.Reserve(trace.Spans);
        for (var i = 0; i < trace.Spans; i++)
        {
            places?.Add(new(i, ids.At, times.At, body.At, start));
            start = into.Read(
                trace.TraceId, BinaryPrimitives.ReadUInt64LittleEndian(own[(i * sizeof(ulong))..]), ref ids, ref times, ref body, start, own);
        }
    }
}

/// <summary>Where a span of a page is.</summary>
/// <param name="Number">Its number in the trace.</param>
/// <param name="Ids">Where its ids are.</param>
/// <param name="Times">Where its times are.</param>
/// <param name="Body">Where the rest is.</param>
/// <param name="Previous">The start of the span before it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SpanPlace(int Number, int Ids, int Times, int Body, ulong Previous);

/// <summary>A trace of a page.</summary>
/// <param name="Project">The number of its project in the block.</param>
/// <param name="TraceId">Its id.</param>
/// <param name="Spans">How many spans it has there.</param>
/// <param name="ReceivedAt">When the last of them came, in seconds since the Unix epoch.</param>
/// <param name="Start">When the first of them began, in nanoseconds.</param>
/// <param name="Ids">Where its ids begin.</param>
/// <param name="Times">Where its times begin.</param>
/// <param name="Body">Where the rest begins.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PageTrace(int Project, UInt128 TraceId, int Spans, long ReceivedAt, ulong Start, int Ids, int Times, int Body);
