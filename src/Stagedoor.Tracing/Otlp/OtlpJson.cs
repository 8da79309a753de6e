using System.Text.Json;
using System.Text.Unicode;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Otlp;

/// <summary>
/// Reads <c>ExportTraceServiceRequest</c> as JSON (OTLP, "JSON Protobuf Encoding"): names in lowerCamelCase alone, ids in hexadecimal digits, enumerations as numbers,
/// <c>null</c> as nothing. Of two members with one name the last counts; members that are not known are left out.
/// </summary>
internal sealed class OtlpJson
{
    // A value in another takes three levels of the text, and what is around the outermost of them a dozen.
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = 160 };

    private readonly SpanBatch _batch;
    private readonly SpanLimits _limits;

    private OtlpJson(SpanBatch batch, SpanLimits limits)
    {
        _batch = batch;
        _limits = limits;
    }

    private delegate void Read(ref Utf8JsonReader json);

    /// <summary>Reads a request.</summary>
    /// <param name="bytes">The document, unpacked. The batch keeps it.</param>
    /// <param name="limits">How much is kept of it.</param>
    /// <exception cref="MalformedSpansException">It is no such document.</exception>
    public static SpanBatch Parse(ArraySegment<byte> bytes, SpanLimits limits)
    {
        if (!Utf8.IsValid(bytes))
        {
            throw new MalformedSpansException("the document is not UTF-8", 0);
        }

        var batch = new SpanBatch(bytes);
        var json = new Utf8JsonReader(bytes, s_options);
        try
        {
            json.Read();
            new OtlpJson(batch, limits).ReadRequest(ref json);
            if (json.Read())
            {
                throw JsonValues.Malformed(ref json, "something stands behind the document");
            }
        }
        catch (JsonException e)
        {
            throw new MalformedSpansException(e.Message, json.BytesConsumed);
        }

        return batch;
    }

    private void ReadRequest(ref Utf8JsonReader json)
    {
        var resources = default(Utf8JsonReader);
        JsonMembers.Open(ref json);
        while (JsonMembers.Next(ref json, out var name))
        {
            if (name.SequenceEqual("resourceSpans"u8))
            {
                resources = json;
            }

            json.Skip();
        }

        Each(resources, ReadResourceSpans);
    }

    // What spans refer to may stand behind them: places are noted first, and then read in the order that is needed.
    private void ReadResourceSpans(ref Utf8JsonReader json)
    {
        var resource = default(Utf8JsonReader);
        var scopes = default(Utf8JsonReader);
        var url = default(TextRef);
        var warnings = default(SpanWarnings);
        JsonMembers.Open(ref json);
        while (JsonMembers.Next(ref json, out var name))
        {
            if (name.SequenceEqual("resource"u8))
            {
                resource = json;
            }
            else if (name.SequenceEqual("scopeSpans"u8))
            {
                scopes = json;
            }
            else if (name.SequenceEqual("schemaUrl"u8) && json.TokenType is not JsonTokenType.Null)
            {
                url = _batch.Keep(JsonValues.ReadText(ref json, _batch), _limits.Name, ref warnings);
            }

            json.Skip();
        }

        var read = new SpanResource { SchemaUrl = url };
        var attributes = default(Utf8JsonReader);
        if (JsonMembers.IsThere(resource))
        {
            while (JsonMembers.Next(ref resource, out var name))
            {
                if (name.SequenceEqual("attributes"u8))
                {
                    attributes = resource;
                }
                else if (name.SequenceEqual("droppedAttributesCount"u8) && resource.TokenType is not JsonTokenType.Null)
                {
                    read.DroppedAttributes += (uint)JsonValues.ReadUnsigned(ref resource);
                }

                resource.Skip();
            }
        }

        read.Attributes = ReadAttributes(attributes, ref read.DroppedAttributes, ref warnings);
        _batch.Resources.Add(read);
        Each(scopes, ReadScopeSpans);
    }

    private void ReadScopeSpans(ref Utf8JsonReader json)
    {
        var scope = default(Utf8JsonReader);
        var spans = default(Utf8JsonReader);
        var read = new SpanScope { Resource = _batch.Resources.Count - 1 };
        var warnings = default(SpanWarnings);
        JsonMembers.Open(ref json);
        while (JsonMembers.Next(ref json, out var name))
        {
            if (name.SequenceEqual("scope"u8))
            {
                scope = json;
            }
            else if (name.SequenceEqual("spans"u8))
            {
                spans = json;
            }
            else if (name.SequenceEqual("schemaUrl"u8) && json.TokenType is not JsonTokenType.Null)
            {
                read.SchemaUrl = _batch.Keep(JsonValues.ReadText(ref json, _batch), _limits.Name, ref warnings);
            }

            json.Skip();
        }

        var attributes = default(Utf8JsonReader);
        if (JsonMembers.IsThere(scope))
        {
            while (JsonMembers.Next(ref scope, out var name))
            {
                if (scope.TokenType is JsonTokenType.Null)
                {
                    continue;
                }

                if (name.SequenceEqual("name"u8))
                {
                    read.Name = _batch.Keep(JsonValues.ReadText(ref scope, _batch), _limits.Name, ref warnings);
                }
                else if (name.SequenceEqual("version"u8))
                {
                    read.Version = _batch.Keep(JsonValues.ReadText(ref scope, _batch), _limits.Name, ref warnings);
                }
                else if (name.SequenceEqual("attributes"u8))
                {
                    attributes = scope;
                }
                else if (name.SequenceEqual("droppedAttributesCount"u8))
                {
                    read.DroppedAttributes += (uint)JsonValues.ReadUnsigned(ref scope);
                }

                scope.Skip();
            }
        }

        read.Attributes = ReadAttributes(attributes, ref read.DroppedAttributes, ref warnings);
        _batch.Scopes.Add(read);
        Each(spans, ReadSpan);
    }

    private void ReadSpan(ref Utf8JsonReader json)
    {
        var span = new SpanData { Scope = _batch.Scopes.Count - 1, Kind = SpanKind.Internal };
        byte[] traceId = [], spanId = [], parentId = [];
        var attributes = default(Utf8JsonReader);
        var events = default(Utf8JsonReader);
        var links = default(Utf8JsonReader);
        var status = default(Utf8JsonReader);
        JsonMembers.Open(ref json);
        while (JsonMembers.Next(ref json, out var name))
        {
            if (json.TokenType is JsonTokenType.Null)
            {
                continue;
            }

            switch (name)
            {
                case var _ when name.SequenceEqual("traceId"u8):
                    traceId = JsonValues.ReadId(ref json);
                    break;
                case var _ when name.SequenceEqual("spanId"u8):
                    spanId = JsonValues.ReadId(ref json);
                    break;
                case var _ when name.SequenceEqual("parentSpanId"u8):
                    parentId = JsonValues.ReadId(ref json);
                    break;
                case var _ when name.SequenceEqual("traceState"u8):
                    span.TraceState = _batch.Keep(JsonValues.ReadText(ref json, _batch), _limits.Text, ref span.Warnings);
                    break;
                case var _ when name.SequenceEqual("name"u8):
                    span.Name = _batch.Keep(JsonValues.ReadText(ref json, _batch), _limits.Name, ref span.Warnings);
                    break;
                case var _ when name.SequenceEqual("kind"u8):
                    span.Kind = JsonValues.ReadSigned(ref json) is >= 1 and <= 5 and var kind ? (SpanKind)kind : SpanKind.Internal;
                    break;
                case var _ when name.SequenceEqual("startTimeUnixNano"u8):
                    span.Start = JsonValues.ReadUnsigned(ref json);
                    break;
                case var _ when name.SequenceEqual("endTimeUnixNano"u8):
                    span.End = JsonValues.ReadUnsigned(ref json);
                    break;
                case var _ when name.SequenceEqual("attributes"u8):
                    attributes = json;
                    break;
                case var _ when name.SequenceEqual("droppedAttributesCount"u8):
                    span.DroppedAttributes = (uint)JsonValues.ReadUnsigned(ref json);
                    break;
                case var _ when name.SequenceEqual("events"u8):
                    events = json;
                    break;
                case var _ when name.SequenceEqual("droppedEventsCount"u8):
                    span.DroppedEvents = (uint)JsonValues.ReadUnsigned(ref json);
                    break;
                case var _ when name.SequenceEqual("links"u8):
                    links = json;
                    break;
                case var _ when name.SequenceEqual("droppedLinksCount"u8):
                    span.DroppedLinks = (uint)JsonValues.ReadUnsigned(ref json);
                    break;
                case var _ when name.SequenceEqual("status"u8):
                    status = json;
                    break;
                case var _ when name.SequenceEqual("flags"u8):
                    span.Flags = (uint)JsonValues.ReadUnsigned(ref json) & ~ZipkinFlags.All;
                    break;
                default:
                    break;
            }

            json.Skip();
        }

        ReadStatus(status, ref span);
        span.Attributes = ReadAttributes(attributes, ref span.DroppedAttributes, ref span.Warnings);
        ReadEvents(events, ref span);
        ReadLinks(links, ref span);
        SpanRules.Add(_batch, _limits, ref span, traceId, spanId, parentId);
    }

    private void ReadStatus(Utf8JsonReader json, ref SpanData span)
    {
        if (!JsonMembers.IsThere(json))
        {
            return;
        }

        while (JsonMembers.Next(ref json, out var name))
        {
            if (name.SequenceEqual("message"u8) && json.TokenType is not JsonTokenType.Null)
            {
                span.StatusMessage = _batch.Keep(JsonValues.ReadText(ref json, _batch), _limits.Text, ref span.Warnings);
            }
            else if (name.SequenceEqual("code"u8) && json.TokenType is not JsonTokenType.Null)
            {
                span.Status = JsonValues.ReadSigned(ref json) is >= 0 and <= 2 and var code ? (SpanStatus)code : SpanStatus.Unset;
            }

            json.Skip();
        }
    }

    private void ReadEvents(Utf8JsonReader json, ref SpanData span)
    {
        var first = _batch.Events.Count;
        if (JsonMembers.IsThere(json, JsonTokenType.StartArray))
        {
            while (json.Read() && json.TokenType is not JsonTokenType.EndArray)
            {
                if (_batch.Events.Count - first >= _limits.Members)
                {
                    span.DroppedEvents++;
                    Cut(ref span.Warnings);
                    json.Skip();
                    continue;
                }

                var happened = new SpanEvent();
                var attributes = default(Utf8JsonReader);
                JsonMembers.Open(ref json);
                while (JsonMembers.Next(ref json, out var name))
                {
                    if (json.TokenType is JsonTokenType.Null)
                    {
                        continue;
                    }

                    if (name.SequenceEqual("timeUnixNano"u8))
                    {
                        happened.Time = JsonValues.ReadUnsigned(ref json);
                    }
                    else if (name.SequenceEqual("name"u8))
                    {
                        happened.Name = _batch.Keep(JsonValues.ReadText(ref json, _batch), _limits.Name, ref span.Warnings);
                    }
                    else if (name.SequenceEqual("attributes"u8))
                    {
                        attributes = json;
                    }
                    else if (name.SequenceEqual("droppedAttributesCount"u8))
                    {
                        happened.DroppedAttributes = (uint)JsonValues.ReadUnsigned(ref json);
                    }

                    json.Skip();
                }

                happened.Attributes = ReadAttributes(attributes, ref happened.DroppedAttributes, ref span.Warnings);
                _batch.Events.Add(happened);
            }
        }

        span.Events = new(first, _batch.Events.Count - first);
    }

    private void ReadLinks(Utf8JsonReader json, ref SpanData span)
    {
        var first = _batch.Links.Count;
        if (JsonMembers.IsThere(json, JsonTokenType.StartArray))
        {
            while (json.Read() && json.TokenType is not JsonTokenType.EndArray)
            {
                if (_batch.Links.Count - first >= _limits.Members)
                {
                    span.DroppedLinks++;
                    Cut(ref span.Warnings);
                    json.Skip();
                    continue;
                }

                ReadLink(ref json, ref span);
            }
        }

        span.Links = new(first, _batch.Links.Count - first);
    }

    private void ReadLink(ref Utf8JsonReader json, ref SpanData span)
    {
        var link = new SpanLink();
        byte[] traceId = [], spanId = [];
        var attributes = default(Utf8JsonReader);
        JsonMembers.Open(ref json);
        while (JsonMembers.Next(ref json, out var name))
        {
            if (json.TokenType is JsonTokenType.Null)
            {
                continue;
            }

            if (name.SequenceEqual("traceId"u8))
            {
                traceId = JsonValues.ReadId(ref json);
            }
            else if (name.SequenceEqual("spanId"u8))
            {
                spanId = JsonValues.ReadId(ref json);
            }
            else if (name.SequenceEqual("traceState"u8))
            {
                link.TraceState = _batch.Keep(JsonValues.ReadText(ref json, _batch), _limits.Text, ref span.Warnings);
            }
            else if (name.SequenceEqual("attributes"u8))
            {
                attributes = json;
            }
            else if (name.SequenceEqual("droppedAttributesCount"u8))
            {
                link.DroppedAttributes = (uint)JsonValues.ReadUnsigned(ref json);
            }
            else if (name.SequenceEqual("flags"u8))
            {
                link.Flags = (uint)JsonValues.ReadUnsigned(ref json);
            }

            json.Skip();
        }

        link.Attributes = ReadAttributes(attributes, ref link.DroppedAttributes, ref span.Warnings);
        SpanRules.Add(_batch, ref span, ref link, traceId, spanId);
    }

    private Slice ReadAttributes(Utf8JsonReader json, ref uint dropped, ref SpanWarnings warnings)
    {
        var first = _batch.Attributes.Count;
        if (JsonMembers.IsThere(json, JsonTokenType.StartArray))
        {
            while (json.Read() && json.TokenType is not JsonTokenType.EndArray)
            {
                var attribute = new SpanAttribute();
                JsonMembers.Open(ref json);
                while (JsonMembers.Next(ref json, out var name))
                {
                    if (name.SequenceEqual("key"u8) && json.TokenType is not JsonTokenType.Null)
                    {
                        attribute.Key = JsonValues.ReadText(ref json, _batch);
                    }
                    else if (name.SequenceEqual("value"u8) && json.TokenType is not JsonTokenType.Null)
                    {
                        ReadValue(ref json, ref attribute, ref warnings);
                    }

                    json.Skip();
                }

                SpanRules.AddSent(_batch, _limits, first, attribute, ref dropped, ref warnings);
            }
        }

        return new(first, _batch.Attributes.Count - first);
    }

    private void ReadValue(ref Utf8JsonReader json, ref SpanAttribute attribute, ref SpanWarnings warnings)
    {
        JsonMembers.Open(ref json);
        while (JsonMembers.Next(ref json, out var name))
        {
            if (json.TokenType is JsonTokenType.Null)
            {
                continue;
            }

            if (name.SequenceEqual("stringValue"u8))
            {
                (attribute.Kind, attribute.Text) = (ValueKind.Text, JsonValues.ReadText(ref json, _batch));
            }
            else if (name.SequenceEqual("boolValue"u8))
            {
                (attribute.Kind, attribute.Number) = (ValueKind.Bool, JsonValues.ReadBool(ref json) ? 1 : 0);
            }
            else if (name.SequenceEqual("intValue"u8))
            {
                (attribute.Kind, attribute.Number) = JsonValues.ReadWhole(ref json);
            }
            else if (name.SequenceEqual("doubleValue"u8))
            {
                (attribute.Kind, attribute.Number) = (ValueKind.Double, BitConverter.DoubleToInt64Bits(JsonValues.ReadDouble(ref json)));
            }
            else if (name.SequenceEqual("bytesValue"u8))
            {
                (attribute.Kind, attribute.Text) = (ValueKind.Bytes, _batch.Add(JsonValues.ReadBytes(ref json)));
            }
            else if (name.SequenceEqual("arrayValue"u8) || name.SequenceEqual("kvlistValue"u8))
            {
                var kind = name[0] == 'a' ? ValueKind.Array : ValueKind.Map;
                var list = new ProtobufWriter();
                WriteList(ref json, kind, list);
                NestedValue.Keep(_batch, _limits, kind, _batch.Add(list.Bytes), ref attribute, ref warnings);
            }

            json.Skip();
        }
    }

    // As the messages of the other encoding, which is how such values are kept.
    private void WriteList(ref Utf8JsonReader json, ValueKind kind, ProtobufWriter list)
    {
        JsonMembers.Open(ref json);
        while (JsonMembers.Next(ref json, out var name))
        {
            if (name.SequenceEqual("values"u8) && JsonMembers.IsThere(json, JsonTokenType.StartArray))
            {
                while (json.Read() && json.TokenType is not JsonTokenType.EndArray)
                {
                    var item = new ProtobufWriter();
                    if (kind is ValueKind.Array)
                    {
                        WriteValue(ref json, item);
                    }
                    else
                    {
                        WritePair(ref json, item);
                    }

                    list.Blob(1, item.Bytes);
                }
            }

            json.Skip();
        }
    }

    private void WritePair(ref Utf8JsonReader json, ProtobufWriter pair)
    {
        JsonMembers.Open(ref json);
        while (JsonMembers.Next(ref json, out var name))
        {
            if (name.SequenceEqual("key"u8) && json.TokenType is not JsonTokenType.Null)
            {
                pair.Blob(1, _batch[JsonValues.ReadText(ref json, _batch)]);
            }
            else if (name.SequenceEqual("value"u8) && json.TokenType is not JsonTokenType.Null)
            {
                var value = new ProtobufWriter();
                WriteValue(ref json, value);
                pair.Blob(2, value.Bytes);
            }

            json.Skip();
        }
    }

    private void WriteValue(ref Utf8JsonReader json, ProtobufWriter value)
    {
        JsonMembers.Open(ref json);
        while (JsonMembers.Next(ref json, out var name))
        {
            if (json.TokenType is JsonTokenType.Null)
            {
                continue;
            }

            if (name.SequenceEqual("stringValue"u8))
            {
                value.Blob(1, _batch[JsonValues.ReadText(ref json, _batch)]);
            }
            else if (name.SequenceEqual("boolValue"u8))
            {
                value.Number(2, JsonValues.ReadBool(ref json) ? 1UL : 0);
            }
            else if (name.SequenceEqual("intValue"u8))
            {
                var (kind, number) = JsonValues.ReadWhole(ref json);
                if (kind is ValueKind.Int)
                {
                    value.Number(3, (ulong)number);
                }
                else
                {
                    value.Fixed64(4, (ulong)number);
                }
            }
            else if (name.SequenceEqual("doubleValue"u8))
            {
                value.Fixed64(4, BitConverter.DoubleToUInt64Bits(JsonValues.ReadDouble(ref json)));
            }
            else if (name.SequenceEqual("bytesValue"u8))
            {
                value.Blob(7, JsonValues.ReadBytes(ref json));
            }
            else if (name.SequenceEqual("arrayValue"u8) || name.SequenceEqual("kvlistValue"u8))
            {
                var kind = name[0] == 'a' ? ValueKind.Array : ValueKind.Map;
                var list = new ProtobufWriter();
                WriteList(ref json, kind, list);
                value.Blob((int)kind, list.Bytes);
            }

            json.Skip();
        }
    }

    private void Cut(ref SpanWarnings warnings)
    {
        _batch.CountCut();
        warnings |= SpanWarnings.Cut;
    }

    private static void Each(Utf8JsonReader json, Read read)
    {
        if (JsonMembers.IsThere(json, JsonTokenType.StartArray))
        {
            while (json.Read() && json.TokenType is not JsonTokenType.EndArray)
            {
                read(ref json);
            }
        }
    }
}
