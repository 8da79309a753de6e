using System.Buffers.Binary;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Zipkin;

/// <summary>Reads a list of spans of Zipkin's API version 1 as Thrift, binary protocol (<c>zipkinCore.thrift</c>). Fields that are not known are left out.</summary>
internal sealed class ZipkinThrift
{
    private readonly ArraySegment<byte> _bytes;
    private readonly SpanBatch _batch;
    private readonly ZipkinV1 _spans;

    private ZipkinThrift(ArraySegment<byte> bytes, SpanLimits limits)
    {
        _bytes = bytes;
        _batch = new(bytes);
        _spans = new(new(_batch, limits));
    }

    /// <summary>Reads a list.</summary>
    /// <param name="bytes">The list, unpacked. The batch keeps it. Nothing is an empty list.</param>
    /// <param name="limits">How much is kept of it.</param>
    /// <exception cref="MalformedSpansException">It is no such list.</exception>
    public static SpanBatch Read(ArraySegment<byte> bytes, SpanLimits limits)
    {
        var decoder = new ZipkinThrift(bytes, limits);
        if (bytes.Count > 0)
        {
            if (bytes[0] != (byte)ThriftType.Struct)
            {
                throw ZipkinJsonValues.OtherFormat("a list of Zipkin v1 spans in Thrift's binary protocol");
            }

            decoder.ReadList();
        }

        return decoder._batch;
    }

    private void ReadList()
    {
        var list = new ThriftReader(_bytes);
        for (var left = list.ReadStructs(); left > 0; left--)
        {
            ReadSpan(ref list);
        }

        if (!list.IsAtEnd)
        {
            throw list.Malformed("something stands behind the list");
        }
    }

    private void ReadSpan(ref ThriftReader fields)
    {
        var span = default(ZipkinV1.Span);
        var (high, low, id, parent) = (0L, 0L, 0L, 0L);
        _spans.Clear();
        while (fields.NextField())
        {
            switch (fields.Field)
            {
                case 1 when fields.Type is ThriftType.Int64:
                    low = fields.ReadInt64();
                    break;
                case 3 when fields.Type is ThriftType.Bytes:
                    span.Name = fields.ReadBytes();
                    break;
                case 4 when fields.Type is ThriftType.Int64:
                    id = fields.ReadInt64();
                    break;
                case 5 when fields.Type is ThriftType.Int64:
                    parent = fields.ReadInt64();
                    break;
                case 6 when fields.Type is ThriftType.List:
                    for (var left = fields.ReadStructs(); left > 0; left--)
                    {
                        ReadAnnotation(ref fields);
                    }

                    break;
                case 8 when fields.Type is ThriftType.List:
                    for (var left = fields.ReadStructs(); left > 0; left--)
                    {
                        ReadBinaryAnnotation(ref fields);
                    }

                    break;
                case 9 when fields.Type is ThriftType.Bool:
                    span.IsDebug = fields.ReadBool();
                    break;
                case 10 when fields.Type is ThriftType.Int64:
                    span.Timestamp = ReadMicros(ref fields);
                    break;
                case 11 when fields.Type is ThriftType.Int64:
                    span.Duration = ReadMicros(ref fields);
                    break;
                case 12 when fields.Type is ThriftType.Int64:
                    high = fields.ReadInt64();
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }

        Span<byte> ids = stackalloc byte[32];
        BinaryPrimitives.WriteInt64BigEndian(ids, high);
        BinaryPrimitives.WriteInt64BigEndian(ids[8..], low);
        BinaryPrimitives.WriteInt64BigEndian(ids[16..], id);
        BinaryPrimitives.WriteInt64BigEndian(ids[24..], parent);
        _spans.Finish(span, ids[..16], ids[16..24], ids[24..]);
    }

    // Below zero there is none.
    private static ulong ReadMicros(ref ThriftReader fields) => (ulong)Math.Max(0, fields.ReadInt64());

    private void ReadAnnotation(ref ThriftReader fields)
    {
        var annotation = default(ZipkinV1.Annotation);
        while (fields.NextField())
        {
            switch (fields.Field)
            {
                case 1 when fields.Type is ThriftType.Int64:
                    annotation.Time = ReadMicros(ref fields);
                    break;
                case 2 when fields.Type is ThriftType.Bytes:
                    annotation.Value = fields.ReadBytes();
                    break;
                case 3 when fields.Type is ThriftType.Struct:
                    annotation.Endpoint = ReadEndpoint(ref fields);
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }

        _spans.Add(annotation);
    }

    private void ReadBinaryAnnotation(ref ThriftReader fields)
    {
        var annotation = default(ZipkinV1.BinaryAnnotation);
        var value = default(TextRef);
        var type = 0;
        while (fields.NextField())
        {
            switch (fields.Field)
            {
                case 1 when fields.Type is ThriftType.Bytes:
                    annotation.Attribute.Key = fields.ReadBytes();
                    break;
                case 2 when fields.Type is ThriftType.Bytes:
                    value = fields.ReadBytes();
                    break;
                case 3 when fields.Type is ThriftType.Int32:
                    type = fields.ReadInt32();
                    break;
                case 4 when fields.Type is ThriftType.Struct:
                    annotation.Endpoint = ReadEndpoint(ref fields);
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }

        SetValue(ref annotation.Attribute, type, value);
        _spans.Add(annotation);
    }

    // A value of another length than its type has is kept as bytes.
    private void SetValue(ref SpanAttribute attribute, int type, TextRef value)
    {
        var bytes = _bytes.AsSpan().Slice(value.Offset, value.Length);
        (attribute.Kind, attribute.Number, attribute.Text) = (type, bytes.Length) switch
        {
            (0, 1) => (ValueKind.Bool, bytes[0] == 0 ? 0L : 1, default),
            (2, 2) => (ValueKind.Int, BinaryPrimitives.ReadInt16BigEndian(bytes), default),
            (3, 4) => (ValueKind.Int, BinaryPrimitives.ReadInt32BigEndian(bytes), default),
            (4, 8) => (ValueKind.Int, BinaryPrimitives.ReadInt64BigEndian(bytes), default),
            (5, 8) => (ValueKind.Double, BinaryPrimitives.ReadInt64BigEndian(bytes), default),
            (6, _) => (ValueKind.Text, 0L, value),
            _ => (ValueKind.Bytes, 0L, value),
        };
    }

    private static ZipkinEndpoint ReadEndpoint(ref ThriftReader fields)
    {
        var endpoint = new ZipkinEndpoint { IsBinary = true };
        while (fields.NextField())
        {
            switch (fields.Field)
            {
                case 1 when fields.Type is ThriftType.Int32:
                    endpoint.V4 = fields.ReadRaw(4);
                    break;
                case 2 when fields.Type is ThriftType.Int16:
                    endpoint.SetPort((ushort)fields.ReadInt16());
                    break;
                case 3 when fields.Type is ThriftType.Bytes:
                    endpoint.Service = fields.ReadBytes();
                    break;
                case 4 when fields.Type is ThriftType.Bytes:
                    endpoint.V6 = fields.ReadBytes();
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }

        return endpoint;
    }
}
