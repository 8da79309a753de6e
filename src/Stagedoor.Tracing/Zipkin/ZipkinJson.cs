using System.Text.Json;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Zipkin;

/// <summary>Reads a list of spans of Zipkin's API version 2 as JSON. <c>null</c> is nothing, members that are not known are left out.</summary>
internal sealed class ZipkinJson
{
    private const string Format = "a JSON list of Zipkin v2 spans";

    private readonly ZipkinSpans _spans;
    private readonly SpanBatch _batch;
    private readonly SpanLimits _limits;

    private ZipkinJson(ArraySegment<byte> bytes, SpanLimits limits)
    {
        _batch = new(bytes);
        _limits = limits;
        _spans = new(_batch, limits);
    }

    /// <summary>Reads a list.</summary>
    /// <param name="bytes">The document, unpacked. The batch keeps it. Nothing is an empty list.</param>
    /// <param name="limits">How much is kept of it.</param>
    /// <exception cref="MalformedSpansException">It is no such list.</exception>
    public static SpanBatch Read(ArraySegment<byte> bytes, SpanLimits limits)
    {
        var decoder = new ZipkinJson(bytes, limits);
        ZipkinJsonValues.ReadList(bytes, Format, decoder.ReadSpan);
        return decoder._batch;
    }

    // The endpoint decides on the resource, whose attributes have to stand before those of the span: places are noted first.
    private void ReadSpan(ref Utf8JsonReader json)
    {
        var span = new SpanData { Kind = SpanKind.Internal };
        Span<byte> traceId = stackalloc byte[16], spanId = stackalloc byte[8], parentId = stackalloc byte[8];
        var (trace, id, parent) = (0, 0, 0);
        var timestamp = 0UL;
        var duration = default(ulong?);
        var (local, remote) = (default(ZipkinEndpoint), default(ZipkinEndpoint));
        var annotations = default(Utf8JsonReader);
        var tags = default(Utf8JsonReader);
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
                case var _ when name.SequenceEqual("kind"u8):
                    span.Kind = ReadKind(ref json);
                    break;
                case var _ when name.SequenceEqual("name"u8):
                    span.Name = _batch.Keep(JsonValues.ReadText(ref json, _batch), _limits.Name, ref span.Warnings);
                    break;
                case var _ when name.SequenceEqual("timestamp"u8):
                    timestamp = ZipkinJsonValues.ReadMicros(ref json);
                    break;
                case var _ when name.SequenceEqual("duration"u8):
                    duration = ZipkinJsonValues.ReadMicros(ref json);
                    break;
                case var _ when name.SequenceEqual("localEndpoint"u8):
                    local = ZipkinJsonValues.ReadEndpoint(ref json, _batch);
                    break;
                case var _ when name.SequenceEqual("remoteEndpoint"u8):
                    remote = ZipkinJsonValues.ReadEndpoint(ref json, _batch);
                    break;
                case var _ when name.SequenceEqual("annotations"u8):
                    annotations = json;
                    break;
                case var _ when name.SequenceEqual("tags"u8):
                    tags = json;
                    break;
                case var _ when name.SequenceEqual("debug"u8):
                    span.Flags = SetFlag(ref json, span.Flags, ZipkinFlags.Debug);
                    break;
                case var _ when name.SequenceEqual("shared"u8):
                    span.Flags = SetFlag(ref json, span.Flags, ZipkinFlags.Shared);
                    break;
                case var _ when name.SequenceEqual("binaryAnnotations"u8):
                    throw ZipkinJsonValues.OtherFormat(Format);
                default:
                    break;
            }

            json.Skip();
        }

        var first = _batch.Attributes.Count;
        _spans.SetTimes(ref span, timestamp, duration);
        _spans.AddRemote(remote, first, ref span);
        ReadTags(tags, first, ref span);
        _spans.SetStatus(first, ref span);
        span.Attributes = new(first, _batch.Attributes.Count - first);
        span.Links = new(_batch.Links.Count, 0);
        ReadAnnotations(annotations, ref span);
        _spans.Take(local, ref span, traceId[..trace], spanId[..id], parentId[..parent]);
    }

    private static uint SetFlag(ref Utf8JsonReader json, uint flags, uint flag) => JsonValues.ReadBool(ref json) ? flags | flag : flags & ~flag;

    private static SpanKind ReadKind(ref Utf8JsonReader json) =>
        json.TokenType is not JsonTokenType.String ? throw JsonValues.Malformed(ref json, "a text is expected")
        : JsonValues.Is(ref json, "CLIENT"u8) ? SpanKind.Client
        : JsonValues.Is(ref json, "SERVER"u8) ? SpanKind.Server
        : JsonValues.Is(ref json, "PRODUCER"u8) ? SpanKind.Producer
        : JsonValues.Is(ref json, "CONSUMER"u8) ? SpanKind.Consumer
        : SpanKind.Internal;

    private void ReadTags(Utf8JsonReader json, int first, ref SpanData span)
    {
        if (!JsonMembers.IsThere(json))
        {
            return;
        }

        while (json.Read() && json.TokenType is not JsonTokenType.EndObject)
        {
            var key = JsonValues.ReadText(ref json, _batch);
            json.Read();
            switch (json.TokenType)
            {
                case JsonTokenType.String:
                    _spans.AddText(first, key, JsonValues.ReadText(ref json, _batch), ref span);
                    break;
                case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                    // Not every reporter knows that they are texts.
                    _spans.AddText(first, key, new((int)json.TokenStartIndex, json.ValueSpan.Length), ref span);
                    break;
                case JsonTokenType.Null:
                    break;
                default:
                    throw JsonValues.Malformed(ref json, "a text is expected");
            }
        }
    }

    private void ReadAnnotations(Utf8JsonReader json, ref SpanData span)
    {
        var first = _batch.Events.Count;
        if (JsonMembers.IsThere(json, JsonTokenType.StartArray))
        {
            while (json.Read() && json.TokenType is not JsonTokenType.EndArray)
            {
                var timestamp = 0UL;
                var value = default(TextRef);
                JsonMembers.Open(ref json);
                while (JsonMembers.Next(ref json, out var name))
                {
                    if (json.TokenType is not JsonTokenType.Null)
                    {
                        if (name.SequenceEqual("timestamp"u8))
                        {
                            timestamp = ZipkinJsonValues.ReadMicros(ref json);
                        }
                        else if (name.SequenceEqual("value"u8))
                        {
                            value = JsonValues.ReadText(ref json, _batch);
                        }
                        else if (name.SequenceEqual("endpoint"u8))
                        {
                            // Its endpoint is the span's, which version 1 does not have.
                            throw ZipkinJsonValues.OtherFormat(Format);
                        }
                    }

                    json.Skip();
                }

                _spans.AddEvent(timestamp, value, first, ref span);
            }
        }

        span.Events = new(first, _batch.Events.Count - first);
    }
}
