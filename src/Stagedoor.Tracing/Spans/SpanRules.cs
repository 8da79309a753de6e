using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Stagedoor.Tracing.Spans;

/// <summary>What a span must have to be taken, and what is mended in one that is; the same whatever format it came in.</summary>
internal static class SpanRules
{
    // Statements and stack traces are longer than other texts.
    private static readonly byte[][] s_longKeys = [[.. "db.query.text"u8], [.. "db.query.summary"u8], [.. "db.statement"u8], [.. "exception.stacktrace"u8]];

    private const int TraceIdLength = 16;
    private const int SpanIdLength = 8;

    private static ReadOnlySpan<byte> Unknown => "unknown"u8;

    /// <summary>Takes a span, or rejects it with all that was read of it.</summary>
    /// <param name="batch">Where it goes.</param>
    /// <param name="limits">What is taken.</param>
    /// <param name="span">The span, whose attributes, events and links are the last of the batch.</param>
    /// <param name="traceId">Its trace's id, as it was sent.</param>
    /// <param name="spanId">Its id.</param>
    /// <param name="parentId">Its parent's id; empty or zero for none.</param>
    public static void Add(
        SpanBatch batch, SpanLimits limits, ref SpanData span, ReadOnlySpan<byte> traceId, ReadOnlySpan<byte> spanId, ReadOnlySpan<byte> parentId)
    {
        MendTimes(ref span);
        if (Find(batch, limits, in span, traceId, spanId, parentId) is { } rejection)
        {
            batch.Reject(rejection);
            CollectionsMarshal.SetCount(batch.Attributes, span.Attributes.First);
            CollectionsMarshal.SetCount(batch.Events, span.Events.First);
            CollectionsMarshal.SetCount(batch.Links, span.Links.First);
            return;
        }

        span.TraceId = BinaryPrimitives.ReadUInt128BigEndian(traceId);
        span.SpanId = BinaryPrimitives.ReadUInt64BigEndian(spanId);
        span.ParentId = parentId.Length == SpanIdLength ? BinaryPrimitives.ReadUInt64BigEndian(parentId) : 0;
        if (span.ParentId == span.SpanId)
        {
            span.ParentId = 0;
            span.Warnings |= SpanWarnings.OwnParent;
        }

        if (span.Name.Length == 0)
        {
            span.Name = batch.Add(Unknown);
            span.Warnings |= SpanWarnings.NoName;
        }

        batch.Spans.Add(span);
    }

    // What is not said is taken from what is. Of a span that has neither time nothing is known.
    private static void MendTimes(ref SpanData span)
    {
        if (span.Start == span.End)
        {
            return;
        }

        if (span.Start == 0)
        {
            span.Start = span.End;
            span.Warnings |= SpanWarnings.NoStart | SpanWarnings.NoDuration;
        }
        else if (span.End == 0)
        {
            span.End = span.Start;
            span.Warnings |= SpanWarnings.NoDuration;
        }
        else if (span.End < span.Start)
        {
            span.End = span.Start == ulong.MaxValue ? span.Start : span.Start + 1;
            span.Warnings |= SpanWarnings.NegativeDuration;
        }
    }

    /// <summary>Takes a link; one that leads nowhere is dropped with its attributes.</summary>
    public static void Add(SpanBatch batch, ref SpanData span, ref SpanLink link, ReadOnlySpan<byte> traceId, ReadOnlySpan<byte> spanId)
    {
        if (traceId.Length != TraceIdLength || spanId.Length != SpanIdLength || !traceId.ContainsAnyExcept((byte)0) || !spanId.ContainsAnyExcept((byte)0))
        {
            span.Warnings |= SpanWarnings.EmptyLink;
            CollectionsMarshal.SetCount(batch.Attributes, link.Attributes.First);
            return;
        }

        link.TraceId = BinaryPrimitives.ReadUInt128BigEndian(traceId);
        link.SpanId = BinaryPrimitives.ReadUInt64BigEndian(spanId);
        batch.Links.Add(link);
    }

    /// <summary>Takes an attribute as it was sent. Of two with one key the last one counts; what is too much or has too long a key is dropped.</summary>
    /// <param name="batch">Where it goes.</param>
    /// <param name="limits">How much is kept.</param>
    /// <param name="first">Where those begin that it belongs to, the last of the batch.</param>
    /// <param name="attribute">The attribute.</param>
    /// <param name="dropped">Counts those that are dropped.</param>
    /// <param name="warnings">Told what is dropped, cut or mended.</param>
    public static void AddSent(SpanBatch batch, SpanLimits limits, int first, SpanAttribute attribute, ref uint dropped, ref SpanWarnings warnings)
    {
        if (attribute.Key.Length > limits.Key)
        {
            Drop(batch, ref dropped, ref warnings);
            return;
        }

        attribute.Key = batch.Keep(attribute.Key, limits.Key * 3, ref warnings);
        if (attribute.Kind is ValueKind.Text)
        {
            var most = attribute.Text.Length > limits.Text && IsLong(batch[attribute.Key]) ? limits.LongText : limits.Text;
            attribute.Text = batch.Keep(attribute.Text, most, ref warnings);
        }

        var key = batch[attribute.Key];
        foreach (ref var known in CollectionsMarshal.AsSpan(batch.Attributes)[first..])
        {
            if (known.Key.Length == key.Length && batch[known.Key].SequenceEqual(key))
            {
                known = attribute;
                return;
            }
        }

        if (batch.Attributes.Count - first < limits.Members)
        {
            batch.Attributes.Add(attribute);
        }
        else
        {
            Drop(batch, ref dropped, ref warnings);
        }
    }

    private static void Drop(SpanBatch batch, ref uint dropped, ref SpanWarnings warnings)
    {
        dropped++;
        batch.CountCut();
        warnings |= SpanWarnings.Cut;
    }

    private static bool IsLong(ReadOnlySpan<byte> key)
    {
        foreach (var known in s_longKeys)
        {
            if (key.SequenceEqual(known))
            {
                return true;
            }
        }

        return false;
    }

    private static Rejection? Find(
        SpanBatch batch, SpanLimits limits, in SpanData span, ReadOnlySpan<byte> traceId, ReadOnlySpan<byte> spanId, ReadOnlySpan<byte> parentId) =>
        batch.Spans.Count >= limits.Spans ? Rejection.TooManySpans
        : traceId.Length != TraceIdLength || !traceId.ContainsAnyExcept((byte)0) ? Rejection.InvalidTraceId
        : spanId.Length != SpanIdLength || !spanId.ContainsAnyExcept((byte)0) ? Rejection.InvalidSpanId
        : parentId.Length is not (0 or SpanIdLength) ? Rejection.InvalidParentId
        : span.Start == 0 && span.End == 0 ? Rejection.MissingTime
        : span.Start < limits.Oldest ? Rejection.TooOld
        : Math.Max(span.Start, span.End) > limits.Newest ? Rejection.TooNew
        : null;
}
