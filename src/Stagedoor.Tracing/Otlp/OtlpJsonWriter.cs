using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Otlp;

/// <summary>
/// Writes spans as OTLP's JSON: ids in hexadecimal digits, 64-bit numbers as texts, which Grafana insists on, enumerations as numbers. What a field would have by
/// default is left out.
/// </summary>
/// <param name="json">Where they are written.</param>
/// <param name="batch">Whose spans they are.</param>
internal readonly ref struct OtlpJsonWriter(Utf8JsonWriter json, SpanBatch batch)
{
    /// <summary>Texts that are no English stay as they are.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes all spans of a batch as <c>{"resourceSpans":[…]}</c>.</summary>
    public static void Write(IBufferWriter<byte> output, SpanBatch batch)
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteStartArray("resourceSpans"u8);
        WriteResourceSpans(json, batch);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes all spans of a batch as <c>ResourceSpans</c>, one after the other, in an array that is open: grouped by resource and scope, in the order of the first of each.</summary>
    public static void WriteResourceSpans(Utf8JsonWriter json, SpanBatch batch)
    {
        var writer = new OtlpJsonWriter(json, batch);
        var order = GroupsOf(batch);
        var (resource, scope) = (-1, -1);
        foreach (var place in order)
        {
            var span = batch.Spans[place];
            var ofSpan = batch.Scopes[span.Scope].Resource;
            if (scope != span.Scope)
            {
                if (scope >= 0)
                {
                    writer.EndScope(batch.Scopes[scope]);
                }

                if (resource != ofSpan)
                {
                    if (resource >= 0)
                    {
                        writer.EndResource(batch.Resources[resource]);
                    }

                    writer.BeginResource(batch.Resources[ofSpan]);
                    resource = ofSpan;
                }

                writer.BeginScope(batch.Scopes[span.Scope]);
                scope = span.Scope;
            }

            writer.WriteSpan(span);
        }

        if (scope >= 0)
        {
            writer.EndScope(batch.Scopes[scope]);
            writer.EndResource(batch.Resources[resource]);
        }
    }

    /// <summary>Writes a value as an <c>AnyValue</c>.</summary>
    public void WriteValue(in SpanAttribute attribute)
    {
        json.WriteStartObject();
        switch (attribute.Kind)
        {
            case ValueKind.Text:
                json.WriteString("stringValue"u8, batch[attribute.Text]);
                break;
            case ValueKind.Bytes:
                json.WriteBase64String("bytesValue"u8, batch[attribute.Text]);
                break;
            case ValueKind.Array or ValueKind.Map:
                WriteList(attribute.Kind, attribute.Text);
                break;
            default:
                WriteNumber(attribute.Kind, attribute.Number);
                break;
        }

        json.WriteEndObject();
    }

    // Places of spans, those of one resource and of one scope next to each other.
    private static int[] GroupsOf(SpanBatch batch)
    {
        var resources = new Dictionary<int, int>();
        var scopes = new Dictionary<int, int>();
        var keys = new (int Resource, int Scope, int Place)[batch.Spans.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            var scope = batch.Spans[i].Scope;
            var resource = batch.Scopes[scope].Resource;
            resources.TryAdd(resource, resources.Count);
            scopes.TryAdd(scope, scopes.Count);
            keys[i] = (resources[resource], scopes[scope], i);
        }

        Array.Sort(keys);
        return Array.ConvertAll(keys, static k => k.Place);
    }

    private void BeginResource(in SpanResource resource)
    {
        json.WriteStartObject();
        json.WriteStartObject("resource"u8);
        WriteAttributes(resource.Attributes, resource.DroppedAttributes);
        json.WriteEndObject();
        json.WriteStartArray("scopeSpans"u8);
    }

    private void EndResource(in SpanResource resource)
    {
        json.WriteEndArray();
        WriteText("schemaUrl"u8, resource.SchemaUrl);
        json.WriteEndObject();
    }

    private void BeginScope(in SpanScope scope)
    {
        json.WriteStartObject();
        json.WriteStartObject("scope"u8);
        WriteText("name"u8, scope.Name);
        WriteText("version"u8, scope.Version);
        WriteAttributes(scope.Attributes, scope.DroppedAttributes);
        json.WriteEndObject();
        json.WriteStartArray("spans"u8);
    }

    private void EndScope(in SpanScope scope)
    {
        json.WriteEndArray();
        WriteText("schemaUrl"u8, scope.SchemaUrl);
        json.WriteEndObject();
    }

    private void WriteSpan(in SpanData span)
    {
        json.WriteStartObject();
        WriteIds(span.TraceId, span.SpanId);
        if (span.ParentId != 0)
        {
            WriteId("parentSpanId"u8, span.ParentId);
        }

        WriteText("traceState"u8, span.TraceState);
        WriteCount("flags"u8, span.Flags & ~ZipkinFlags.All);
        WriteText("name"u8, span.Name);
        json.WriteNumber("kind"u8, (int)span.Kind);
        WriteLong("startTimeUnixNano"u8, span.Start);
        WriteLong("endTimeUnixNano"u8, span.End);
        WriteAttributes(span.Attributes, span.DroppedAttributes);
        WriteEvents(span.Events);
        WriteCount("droppedEventsCount"u8, span.DroppedEvents);
        WriteLinks(span.Links);
        WriteCount("droppedLinksCount"u8, span.DroppedLinks);
        json.WriteStartObject("status"u8);
        WriteText("message"u8, span.StatusMessage);
        WriteCount("code"u8, (uint)span.Status);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteEvents(Slice events)
    {
        if (events.Count == 0)
        {
            return;
        }

        json.WriteStartArray("events"u8);
        for (var i = events.First; i < events.First + events.Count; i++)
        {
            var happened = batch.Events[i];
            json.WriteStartObject();
            WriteLong("timeUnixNano"u8, happened.Time);
            WriteText("name"u8, happened.Name);
            WriteAttributes(happened.Attributes, happened.DroppedAttributes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteLinks(Slice links)
    {
        if (links.Count == 0)
        {
            return;
        }

        json.WriteStartArray("links"u8);
        for (var i = links.First; i < links.First + links.Count; i++)
        {
            var link = batch.Links[i];
            json.WriteStartObject();
            WriteIds(link.TraceId, link.SpanId);
            WriteText("traceState"u8, link.TraceState);
            WriteCount("flags"u8, link.Flags);
            WriteAttributes(link.Attributes, link.DroppedAttributes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteAttributes(Slice attributes, uint dropped)
    {
        if (attributes.Count > 0)
        {
            json.WriteStartArray("attributes"u8);
            foreach (ref readonly var attribute in batch[attributes])
            {
                json.WriteStartObject();
                json.WriteString("key"u8, batch[attribute.Key]);
                if (attribute.Kind is not ValueKind.Empty)
                {
                    json.WritePropertyName("value"u8);
                    WriteValue(attribute);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        WriteCount("droppedAttributesCount"u8, dropped);
    }

    private void WriteList(ValueKind kind, TextRef message)
    {
        var bytes = batch[message];
        WriteList(kind, bytes, new ProtobufReader(bytes, 0, bytes.Length));
    }

    private void WriteList(ValueKind kind, ReadOnlySpan<byte> bytes, ProtobufReader list)
    {
        json.WriteStartObject(kind is ValueKind.Array ? "arrayValue"u8 : "kvlistValue"u8);
        json.WriteStartArray("values"u8);
        while (list.Next(1))
        {
            json.WriteStartObject();
            if (kind is ValueKind.Array)
            {
                WriteItem(bytes, list.ReadMessage());
            }
            else
            {
                WritePair(bytes, list.ReadMessage());
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WritePair(ReadOnlySpan<byte> bytes, ProtobufReader pair)
    {
        var key = default(TextRef);
        var value = default(ProtobufReader);
        var hasValue = false;
        while (pair.Next())
        {
            switch (pair.Field)
            {
                case 1:
                    key = pair.ReadBytes();
                    break;
                case 2:
                    value = pair.ReadMessage();
                    hasValue = true;
                    break;
                default:
                    pair.Skip();
                    break;
            }
        }

        WriteAnyText("key"u8, bytes.Slice(key.Offset, key.Length));
        if (hasValue)
        {
            json.WriteStartObject("value"u8);
            WriteItem(bytes, value);
            json.WriteEndObject();
        }
    }

    private void WriteItem(ReadOnlySpan<byte> bytes, ProtobufReader item)
    {
        var (kind, number, text) = (ValueKind.Empty, 0L, default(TextRef));
        while (item.Next())
        {
            switch (item.Field)
            {
                case 1 or 5 or 6 or 7:
                    (kind, text) = ((ValueKind)item.Field, item.ReadBytes());
                    break;
                case 2 or 3:
                    (kind, number) = ((ValueKind)item.Field, (long)item.ReadNumber());
                    break;
                case 4:
                    (kind, number) = (ValueKind.Double, (long)item.ReadFixed64());
                    break;
                default:
                    item.Skip();
                    break;
            }
        }

        switch (kind)
        {
            case ValueKind.Text:
                WriteAnyText("stringValue"u8, bytes.Slice(text.Offset, text.Length));
                break;
            case ValueKind.Bytes:
                json.WriteBase64String("bytesValue"u8, bytes.Slice(text.Offset, text.Length));
                break;
            case ValueKind.Array or ValueKind.Map:
                WriteList(kind, bytes, new ProtobufReader(bytes, text.Offset, text.Offset + text.Length));
                break;
            default:
                WriteNumber(kind, number);
                break;
        }
    }

    private void WriteNumber(ValueKind kind, long number)
    {
        switch (kind)
        {
            case ValueKind.Bool:
                json.WriteBoolean("boolValue"u8, number != 0);
                break;
            case ValueKind.Int:
                Span<byte> digits = stackalloc byte[20];
                number.TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture);
                json.WriteString("intValue"u8, digits[..length]);
                break;
            case ValueKind.Double when BitConverter.Int64BitsToDouble(number) is var value && double.IsFinite(value):
                json.WriteNumber("doubleValue"u8, value);
                break;
            case ValueKind.Double:
                json.WriteString("doubleValue"u8, NestedValue.NameOf(BitConverter.Int64BitsToDouble(number)));
                break;
            default:
                break;
        }
    }

    // Texts in arrays and maps are kept as they were sent, also when they are not UTF-8.
    private void WriteAnyText(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        if (Utf8.IsValid(text))
        {
            json.WriteString(name, text);
        }
        else
        {
            json.WriteString(name, System.Text.Encoding.UTF8.GetString(text));
        }
    }

    private void WriteIds(UInt128 traceId, ulong spanId)
    {
        Span<byte> bytes = stackalloc byte[16];
        Span<byte> digits = stackalloc byte[32];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, traceId);
        Convert.TryToHexStringLower(bytes, digits, out _);
        json.WriteString("traceId"u8, digits);
        WriteId("spanId"u8, spanId);
    }

    private void WriteId(ReadOnlySpan<byte> name, ulong id)
    {
        Span<byte> bytes = stackalloc byte[8];
        Span<byte> digits = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, id);
        Convert.TryToHexStringLower(bytes, digits, out _);
        json.WriteString(name, digits);
    }

    private void WriteLong(ReadOnlySpan<byte> name, ulong value)
    {
        Span<byte> digits = stackalloc byte[20];
        value.TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture);
        json.WriteString(name, digits[..length]);
    }

    private void WriteCount(ReadOnlySpan<byte> name, uint value)
    {
        if (value > 0)
        {
            json.WriteNumber(name, value);
        }
    }

    private void WriteText(ReadOnlySpan<byte> name, TextRef text)
    {
        if (text.Length > 0)
        {
            json.WriteString(name, batch[text]);
        }
    }
}
