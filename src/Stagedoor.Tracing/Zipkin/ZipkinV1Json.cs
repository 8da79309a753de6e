using System.Text.Json;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Zipkin;

/// <summary>Reads a list of spans of Zipkin's API version 1 as JSON. <c>null</c> is nothing, members that are not known are left out.</summary>
internal sealed class ZipkinV1Json
{
    private const string Format = "a JSON list of Zipkin v1 spans";

    private readonly SpanBatch _batch;
    private readonly ZipkinV1 _spans;

    private ZipkinV1Json(ArraySegment<byte> bytes, SpanLimits limits)
    {
        _batch = new(bytes);
        _spans = new(new(_batch, limits));
    }

    /// <summary>Reads a list.</summary>
    /// <param name="bytes">The document, unpacked. The batch keeps it. Nothing is an empty list.</param>
    /// <param name="limits">How much is kept of it.</param>
    /// <exception cref="MalformedSpansException">It is no such list.</exception>
    public static SpanBatch Read(ArraySegment<byte> bytes, SpanLimits limits)
    {
        var decoder = new ZipkinV1Json(bytes, limits);
        ZipkinJsonValues.ReadList(bytes, Format, decoder.ReadSpan);
        return decoder._batch;
    }

    private void ReadSpan(ref Utf8JsonReader json)
    {
        var span = default(ZipkinV1.Span);
        Span<byte> traceId = stackalloc byte[16], spanId = stackalloc byte[8], parentId = stackalloc byte[8];
        var (trace, id, parent) = (0, 0, 0);
        var annotations = default(Utf8JsonReader);
        var binaries = default(Utf8JsonReader);
        while (JsonMembers.Next(ref json, out var name))
        {
            switch (name)
            {
                case var _ when json.TokenType is JsonTokenType.Null:
                    break;
                case var _ when name.SequenceEqual("traceId"u8):
                    trace = ZipkinJsonValues.ReadId(ref json, traceId);
                    break;
                case var _ when name.SequenceEqual("id"u8):
                    id = ZipkinJsonValues.ReadId(ref json, spanId);
                    break;
                case var _ when name.SequenceEqual("parentId"u8):
                    parent = ZipkinJsonValues.ReadId(ref json, parentId);
                    break;
                case var _ when name.SequenceEqual("name"u8):
                    span.Name = JsonValues.ReadText(ref json, _batch);
                    break;
                case var _ when name.SequenceEqual("timestamp"u8):
                    span.Timestamp = ZipkinJsonValues.ReadMicros(ref json);
                    break;
                case var _ when name.SequenceEqual("duration"u8):
                    span.Duration = ZipkinJsonValues.ReadMicros(ref json);
                    break;
                case var _ when name.SequenceEqual("debug"u8):
                    span.IsDebug = JsonValues.ReadBool(ref json);
                    break;
                case var _ when name.SequenceEqual("annotations"u8):
                    annotations = json;
                    break;
                case var _ when name.SequenceEqual("binaryAnnotations"u8):
                    binaries = json;
                    break;
                case var _ when name.SequenceEqual("localEndpoint"u8) || name.SequenceEqual("remoteEndpoint"u8) || name.SequenceEqual("tags"u8):
                    throw ZipkinJsonValues.OtherFormat(Format);
                default:
                    break;
            }

            json.Skip();
        }

        _spans.Clear();
        ReadAnnotations(annotations);
        ReadBinaryAnnotations(binaries);
        _spans.Finish(span, traceId[..trace], spanId[..id], parentId[..parent]);
    }

    private void ReadAnnotations(Utf8JsonReader json)
    {
        while (NextOf(ref json))
        {
            var annotation = default(ZipkinV1.Annotation);
            while (JsonMembers.Next(ref json, out var name))
            {
                switch (name)
                {
                    case var _ when json.TokenType is JsonTokenType.Null:
                        break;
                    case var _ when name.SequenceEqual("timestamp"u8):
                        annotation.Time = ZipkinJsonValues.ReadMicros(ref json);
                        break;
                    case var _ when name.SequenceEqual("value"u8):
                        annotation.Value = JsonValues.ReadText(ref json, _batch);
                        break;
                    case var _ when name.SequenceEqual("endpoint"u8):
                        annotation.Endpoint = ZipkinJsonValues.ReadEndpoint(ref json, _batch);
                        break;
                    default:
                        break;
                }

                json.Skip();
            }

            _spans.Add(annotation);
        }
    }

    private void ReadBinaryAnnotations(Utf8JsonReader json)
    {
        while (NextOf(ref json))
        {
            var annotation = default(ZipkinV1.BinaryAnnotation);
            var value = default(Utf8JsonReader);
            var type = default(TextRef);
            while (JsonMembers.Next(ref json, out var name))
            {
                switch (name)
                {
                    case var _ when json.TokenType is JsonTokenType.Null:
                        break;
                    case var _ when name.SequenceEqual("key"u8):
                        annotation.Attribute.Key = JsonValues.ReadText(ref json, _batch);
                        break;
                    case var _ when name.SequenceEqual("value"u8):
                        value = json;
                        break;
                    case var _ when name.SequenceEqual("type"u8):
                        type = JsonValues.ReadText(ref json, _batch);
                        break;
                    case var _ when name.SequenceEqual("endpoint"u8):
                        annotation.Endpoint = ZipkinJsonValues.ReadEndpoint(ref json, _batch);
                        break;
                    default:
                        break;
                }

                json.Skip();
            }

            ReadValue(ref value, _batch[type], ref annotation.Attribute);
            _spans.Add(annotation);
        }
    }

    // Without a type the value says by itself what it is.
    private void ReadValue(ref Utf8JsonReader json, ReadOnlySpan<byte> type, ref SpanAttribute attribute)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.None:
                (attribute.Kind, attribute.Text) = (ValueKind.Text, default);
                break;
            case JsonTokenType.True or JsonTokenType.False:
                (attribute.Kind, attribute.Number) = (ValueKind.Bool, json.TokenType is JsonTokenType.True ? 1 : 0);
                break;
            case JsonTokenType.String or JsonTokenType.Number when type.SequenceEqual("I16"u8) || type.SequenceEqual("I32"u8) || type.SequenceEqual("I64"u8):
                (attribute.Kind, attribute.Number) = (ValueKind.Int, JsonValues.ReadSigned(ref json));
                break;
            case JsonTokenType.Number when type.Length == 0 && !json.ValueSpan.ContainsAny(".eE"u8):
                (attribute.Kind, attribute.Number) = (ValueKind.Int, JsonValues.ReadSigned(ref json));
                break;
            case JsonTokenType.Number:
                (attribute.Kind, attribute.Number) = (ValueKind.Double, BitConverter.DoubleToInt64Bits(JsonValues.ReadDouble(ref json)));
                break;
            case JsonTokenType.String when type.SequenceEqual("DOUBLE"u8):
                (attribute.Kind, attribute.Number) = (ValueKind.Double, BitConverter.DoubleToInt64Bits(JsonValues.ReadDouble(ref json)));
                break;
            case JsonTokenType.String when type.SequenceEqual("BYTES"u8):
                (attribute.Kind, attribute.Text) = (ValueKind.Bytes, _batch.Add(JsonValues.ReadBytes(ref json)));
                break;
            case JsonTokenType.String:
                (attribute.Kind, attribute.Text) = (ValueKind.Text, JsonValues.ReadText(ref json, _batch));
                break;
            default:
                throw JsonValues.Malformed(ref json, "a text, a number, true or false is expected");
        }
    }

    // Goes into the next object of an array that may be missing.
    private static bool NextOf(ref Utf8JsonReader json)
    {
        var isFirst = json.TokenType is not JsonTokenType.EndObject;
        if ((isFirst && !JsonMembers.IsThere(json, JsonTokenType.StartArray)) || !json.Read() || json.TokenType is JsonTokenType.EndArray)
        {
            return false;
        }

        JsonMembers.Open(ref json);
        return true;
    }
}
