using System.Buffers.Binary;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Otlp;

/// <summary>Writes spans as OTLP's protobuf: field 1 for each <c>ResourceSpans</c>, which a request, a <c>TracesData</c> and Tempo's <c>Trace</c> all have.</summary>
internal sealed class OtlpProtobufWriter
{
    private const uint ContextFlags = ~ZipkinFlags.All;

    private readonly SpanBatch _batch;
    private readonly ProtobufWriter _span = new();
    private readonly ProtobufWriter _part = new();
    private readonly ProtobufWriter _attribute = new();
    private readonly ProtobufWriter _value = new();

    private OtlpProtobufWriter(SpanBatch batch) => _batch = batch;

    /// <summary>All spans of a batch, those of one resource and of one scope together.</summary>
    public static byte[] Write(SpanBatch batch) => new OtlpProtobufWriter(batch).Write();

    private byte[] Write()
    {
        var all = new ProtobufWriter();
        foreach (var ofResource in Enumerable.Range(0, _batch.Spans.Count).GroupBy(i => _batch.Scopes[_batch.Spans[i].Scope].Resource))
        {
            var resource = _batch.Resources[ofResource.Key];
            var group = new ProtobufWriter();
            _part.Clear();
            WriteAttributes(_part, 1, resource.Attributes, 2, resource.DroppedAttributes);
            group.Blob(1, _part.Bytes);
            foreach (var ofScope in ofResource.GroupBy(i => _batch.Spans[i].Scope))
            {
                group.Blob(2, ScopeSpans(_batch.Scopes[ofScope.Key], ofScope).Bytes);
            }

            WriteText(group, 3, resource.SchemaUrl);
            all.Blob(1, group.Bytes);
        }

        return all.Bytes.ToArray();
    }

    private ProtobufWriter ScopeSpans(SpanScope scope, IEnumerable<int> spans)
    {
        var group = new ProtobufWriter();
        _part.Clear();
        WriteText(_part, 1, scope.Name);
        WriteText(_part, 2, scope.Version);
        WriteAttributes(_part, 3, scope.Attributes, 4, scope.DroppedAttributes);
        group.Blob(1, _part.Bytes);
        foreach (var number in spans)
        {
            WriteSpan(_batch.Spans[number]);
            group.Blob(2, _span.Bytes);
        }

        WriteText(group, 3, scope.SchemaUrl);
        return group;
    }

    private void WriteSpan(in SpanData span)
    {
        _span.Clear();
        WriteTraceId(_span, 1, span.TraceId);
        WriteId(_span, 2, span.SpanId);
        WriteText(_span, 3, span.TraceState);
        if (span.ParentId != 0)
        {
            WriteId(_span, 4, span.ParentId);
        }

        WriteText(_span, 5, span.Name);
        _span.Number(6, (ulong)span.Kind);
        _span.Fixed64(7, span.Start);
        _span.Fixed64(8, span.End);
        WriteAttributes(_span, 9, span.Attributes, 10, span.DroppedAttributes);
        for (var i = span.Events.First; i < span.Events.First + span.Events.Count; i++)
        {
            var happened = _batch.Events[i];
            _part.Clear();
            _part.Fixed64(1, happened.Time);
            WriteText(_part, 2, happened.Name);
            WriteAttributes(_part, 3, happened.Attributes, 4, happened.DroppedAttributes);
            _span.Blob(11, _part.Bytes);
        }

        WriteCount(_span, 12, span.DroppedEvents);
        for (var i = span.Links.First; i < span.Links.First + span.Links.Count; i++)
        {
            var link = _batch.Links[i];
            _part.Clear();
            WriteTraceId(_part, 1, link.TraceId);
            WriteId(_part, 2, link.SpanId);
            WriteText(_part, 3, link.TraceState);
            WriteAttributes(_part, 4, link.Attributes, 5, link.DroppedAttributes);
            WriteFlags(_part, 6, link.Flags);
            _span.Blob(13, _part.Bytes);
        }

        WriteCount(_span, 14, span.DroppedLinks);
        _part.Clear();
        WriteText(_part, 2, span.StatusMessage);
        WriteCount(_part, 3, (uint)span.Status);
        _span.Blob(15, _part.Bytes);
        WriteFlags(_span, 16, span.Flags & ContextFlags);
    }

    private void WriteAttributes(ProtobufWriter into, int field, Slice attributes, int droppedField, uint dropped)
    {
        foreach (ref readonly var attribute in _batch[attributes])
        {
            _value.Clear();
            switch (attribute.Kind)
            {
                case ValueKind.Empty:
                    break;
                case ValueKind.Bool or ValueKind.Int:
                    _value.Number((int)attribute.Kind, (ulong)attribute.Number);
                    break;
                case ValueKind.Double:
                    _value.Fixed64((int)ValueKind.Double, (ulong)attribute.Number);
                    break;
                default:
                    _value.Blob((int)attribute.Kind, _batch[attribute.Text]);
                    break;
            }

            _attribute.Clear();
            _attribute.Blob(1, _batch[attribute.Key]);
            _attribute.Blob(2, _value.Bytes);
            into.Blob(field, _attribute.Bytes);
        }

        WriteCount(into, droppedField, dropped);
    }

    private void WriteText(ProtobufWriter into, int field, TextRef text)
    {
        if (text.Length > 0)
        {
            into.Blob(field, _batch[text]);
        }
    }

    private static void WriteCount(ProtobufWriter into, int field, uint count)
    {
        if (count > 0)
        {
            into.Number(field, count);
        }
    }

    private static void WriteFlags(ProtobufWriter into, int field, uint flags)
    {
        if (flags != 0)
        {
            into.Fixed32(field, flags);
        }
    }

    private static void WriteTraceId(ProtobufWriter into, int field, UInt128 id)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, id);
        into.Blob(field, bytes);
    }

    private static void WriteId(ProtobufWriter into, int field, ulong id)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, id);
        into.Blob(field, bytes);
    }
}
