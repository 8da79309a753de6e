using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Zipkin;

/// <summary>Reads <c>ListOfSpans</c> (zipkin-api, <c>zipkin.proto</c>) where it lies. Fields that are not known are left out.</summary>
internal sealed class ZipkinProtobuf
{
    private readonly ArraySegment<byte> _bytes;
    private readonly ZipkinSpans _spans;
    private readonly SpanBatch _batch;
    private readonly SpanLimits _limits;

    private ZipkinProtobuf(ArraySegment<byte> bytes, SpanLimits limits)
    {
        _bytes = bytes;
        _batch = new(bytes);
        _limits = limits;
        _spans = new(_batch, limits);
    }

    /// <summary>Reads a list.</summary>
    /// <param name="bytes">The message, unpacked. The batch keeps it.</param>
    /// <param name="limits">How much is kept of it.</param>
    /// <exception cref="MalformedSpansException">It is no such message.</exception>
    public static SpanBatch Read(ArraySegment<byte> bytes, SpanLimits limits)
    {
        if (bytes.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'[' or (byte)'{', ..])
        {
            throw ZipkinJsonValues.OtherFormat("a list of Zipkin v2 spans in protobuf");
        }

        var decoder = new ZipkinProtobuf(bytes, limits);
        var list = new ProtobufReader(bytes, 0, bytes.Count);
        while (list.Next(1))
        {
            decoder.ReadSpan(list.ReadMessage());
        }

        return decoder._batch;
    }

    // The endpoint decides on the resource, whose attributes have to stand before those of the span: these are read last.
    private void ReadSpan(ProtobufReader message)
    {
        var span = new SpanData { Kind = SpanKind.Internal };
        var (traceId, spanId, parentId) = (default(TextRef), default(TextRef), default(TextRef));
        var timestamp = 0UL;
        var duration = default(ulong?);
        var (local, remote) = (default(ZipkinEndpoint), default(ZipkinEndpoint));
        var (annotations, tags) = (0, 0);
        var fields = message;
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    traceId = fields.ReadBytes();
                    break;
                case 2:
                    parentId = fields.ReadBytes();
                    break;
                case 3:
                    spanId = fields.ReadBytes();
                    break;
                case 4:
                    span.Kind = fields.ReadNumber() switch { 1 => SpanKind.Client, 2 => SpanKind.Server, 3 => SpanKind.Producer, 4 => SpanKind.Consumer, _ => SpanKind.Internal };
                    break;
                case 5:
                    span.Name = _batch.Keep(fields.ReadBytes(), _limits.Name, ref span.Warnings);
                    break;
                case 6:
                    timestamp = fields.ReadFixed64();
                    break;
                case 7:
                    duration = fields.ReadNumber();
                    break;
                case 8:
                    ReadEndpoint(fields.ReadMessage(), ref local);
                    break;
                case 9:
                    ReadEndpoint(fields.ReadMessage(), ref remote);
                    break;
                case 10:
                    fields.ReadBytes();
                    annotations++;
                    break;
                case 11:
                    fields.ReadBytes();
                    tags++;
                    break;
                case 12:
                    span.Flags = (span.Flags & ~ZipkinFlags.Debug) | (fields.ReadNumber() == 0 ? 0 : ZipkinFlags.Debug);
                    break;
                case 13:
                    span.Flags = (span.Flags & ~ZipkinFlags.Shared) | (fields.ReadNumber() == 0 ? 0 : ZipkinFlags.Shared);
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }

        var first = _batch.Attributes.Count;
        _spans.SetTimes(ref span, timestamp, duration);
        _spans.AddRemote(remote, first, ref span);
        for (var fieldsOfTags = message; tags > 0 && fieldsOfTags.Next(11); tags--)
        {
            var (key, value) = ReadPair(fieldsOfTags.ReadMessage());
            _spans.AddText(first, key, value, ref span);
        }

        _spans.SetStatus(first, ref span);
        span.Attributes = new(first, _batch.Attributes.Count - first);
        span.Links = new(_batch.Links.Count, 0);
        ReadAnnotations(message, annotations, ref span);
        Span<byte> ids = stackalloc byte[32];
        _spans.Take(local, ref span, Pad(traceId, ids[..16]), Pad(spanId, ids[16..24]), Pad(parentId, ids[24..]));
    }

    private void ReadAnnotations(ProtobufReader message, int count, ref SpanData span)
    {
        var first = _batch.Events.Count;
        for (; count > 0 && message.Next(10); count--)
        {
            var timestamp = 0UL;
            var value = default(TextRef);
            var fields = message.ReadMessage();
            while (fields.Next())
            {
                switch (fields.Field)
                {
                    case 1:
                        timestamp = fields.ReadFixed64();
                        break;
                    case 2:
                        value = fields.ReadBytes();
                        break;
                    default:
                        fields.Skip();
                        break;
                }
            }

            _spans.AddEvent(timestamp, value, first, ref span);
        }

        span.Events = new(first, _batch.Events.Count - first);
    }

    private static (TextRef Key, TextRef Value) ReadPair(ProtobufReader fields)
    {
        var (key, value) = (default(TextRef), default(TextRef));
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    key = fields.ReadBytes();
                    break;
                case 2:
                    value = fields.ReadBytes();
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }

        return (key, value);
    }

    private static void ReadEndpoint(ProtobufReader fields, ref ZipkinEndpoint endpoint)
    {
        endpoint.IsBinary = true;
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    endpoint.Service = fields.ReadBytes();
                    break;
                case 2:
                    endpoint.V4 = fields.ReadBytes();
                    break;
                case 3:
                    endpoint.V6 = fields.ReadBytes();
                    break;
                case 4:
                    endpoint.SetPort((long)fields.ReadNumber());
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }
    }

    // Filled up with zeros from the left, as in the other format.
    private ReadOnlySpan<byte> Pad(TextRef sent, Span<byte> id)
    {
        var bytes = _bytes.AsSpan().Slice(sent.Offset, sent.Length);
        if (bytes.Length == 0 || bytes.Length >= id.Length)
        {
            return bytes;
        }

        id.Clear();
        bytes.CopyTo(id[^bytes.Length..]);
        return id;
    }
}
