using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Zipkin;

/// <summary>Writes spans as JSON of Zipkin's API version 2. What a span has that Zipkin has no place for becomes tags; links have none.</summary>
/// <param name="json">Where they are written.</param>
/// <param name="batch">Whose spans they are.</param>
internal readonly ref struct ZipkinJsonWriter(Utf8JsonWriter json, SpanBatch batch)
{
    /// <summary>Writes all spans of a batch as a list.</summary>
    public static void Write(IBufferWriter<byte> output, SpanBatch batch)
    {
        using var json = new Utf8JsonWriter(output, OtlpJsonWriter.Options);
        json.WriteStartArray();
        var writer = new ZipkinJsonWriter(json, batch);
        foreach (var span in batch.Spans)
        {
            writer.WriteSpan(span);
        }

        json.WriteEndArray();
    }

    /// <summary>Writes a span.</summary>
    public void WriteSpan(in SpanData span)
    {
        var scope = batch.Scopes[span.Scope];
        var resource = batch.Resources[scope.Resource].Attributes;
        json.WriteStartObject();
        WriteTraceId(span.TraceId);
        if (span.ParentId != 0)
        {
            WriteId("parentId"u8, span.ParentId);
        }

        WriteId("id"u8, span.SpanId);
        if (span.Kind is not SpanKind.Internal)
        {
            json.WriteString("kind"u8, span.Kind switch { SpanKind.Client => "CLIENT"u8, SpanKind.Server => "SERVER"u8, SpanKind.Producer => "PRODUCER"u8, _ => "CONSUMER"u8 });
        }

        // A name that was not sent is none here either.
        if (!span.Warnings.HasFlag(SpanWarnings.NoName))
        {
            json.WriteString("name"u8, batch[span.Name]);
        }

        json.WriteNumber("timestamp"u8, span.Start / 1000);
        if (!span.Warnings.HasFlag(SpanWarnings.NoDuration))
        {
            json.WriteNumber("duration"u8, Math.Max((span.End / 1000) - (span.Start / 1000), 1));
        }

        WriteEndpoint("localEndpoint"u8, new ZipkinPeer(batch, resource).Local());
        var remote = new ZipkinPeer(batch, span.Attributes).Remote(span.Kind);
        WriteEndpoint("remoteEndpoint"u8, remote);
        WriteAnnotations(span.Events);
        WriteTags(span, scope, resource, remote);
        WriteFlag("debug"u8, span.Flags & ZipkinFlags.Debug);
        WriteFlag("shared"u8, span.Flags & ZipkinFlags.Shared);
        json.WriteEndObject();
    }

    private void WriteEndpoint(ReadOnlySpan<byte> name, in ZipkinPeer.Endpoint endpoint)
    {
        if (endpoint.Service.Length == 0 && endpoint.V4.Length == 0 && endpoint.V6.Length == 0 && endpoint.Port == 0)
        {
            return;
        }

        json.WriteStartObject(name);
        WriteText("serviceName"u8, endpoint.Service);
        WriteText("ipv4"u8, endpoint.V4);
        WriteText("ipv6"u8, endpoint.V6);
        if (endpoint.Port > 0)
        {
            json.WriteNumber("port"u8, endpoint.Port);
        }

        json.WriteEndObject();
    }

    // As OpenTelemetry's exporters write events; one without attributes is its name, unless that would read as another or as none.
    private void WriteAnnotations(Slice events)
    {
        if (events.Count == 0)
        {
            return;
        }

        json.WriteStartArray("annotations"u8);
        for (var i = events.First; i < events.First + events.Count; i++)
        {
            var happened = batch.Events[i];
            json.WriteStartObject();
            json.WriteNumber("timestamp"u8, happened.Time / 1000);
            if (happened.Attributes.Count == 0 && happened.Name.Length > 0 && ZipkinEvents.FindAttributes(batch[happened.Name]) == 0)
            {
                json.WriteString("value"u8, batch[happened.Name]);
            }
            else
            {
                var value = new ArrayBufferWriter<byte>(256);
                WriteEvent(value, happened);
                json.WriteString("value"u8, value.WrittenSpan);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteEvent(ArrayBufferWriter<byte> value, in SpanEvent happened)
    {
        using var inner = new Utf8JsonWriter(value, OtlpJsonWriter.Options);
        inner.WriteStringValue(batch[happened.Name]);
        inner.Flush();
        value.Write(": "u8);
        inner.Reset();
        inner.WriteStartObject();
        foreach (ref readonly var attribute in batch[happened.Attributes])
        {
            inner.WritePropertyName(batch[attribute.Key]);
            NestedValue.WriteJson(inner, batch, attribute);
        }

        inner.WriteEndObject();
    }

    private void WriteTags(in SpanData span, in SpanScope scope, Slice resource, in ZipkinPeer.Endpoint remote)
    {
        json.WriteStartObject("tags"u8);
        foreach (ref readonly var attribute in batch[span.Attributes])
        {
            var key = batch[attribute.Key];
            var isStatus = span.Status is not SpanStatus.Unset && (key.SequenceEqual(ZipkinKeys.StatusCode) || (span.Status is SpanStatus.Error && key.SequenceEqual(ZipkinKeys.Error)));
            if (!isStatus && !remote.Has(key))
            {
                WriteTag(attribute);
            }
        }

        if (span.Status is not SpanStatus.Unset)
        {
            json.WriteString(ZipkinKeys.StatusCode, span.Status is SpanStatus.Ok ? "OK"u8 : "ERROR"u8);
        }

        if (span.Status is SpanStatus.Error)
        {
            json.WriteString(ZipkinKeys.Error, batch[span.StatusMessage]);
        }
        else if (span.StatusMessage.Length > 0 && batch.Find(span.Attributes, ZipkinKeys.StatusDescription) is null)
        {
            json.WriteString(ZipkinKeys.StatusDescription, batch[span.StatusMessage]);
        }

        foreach (ref readonly var attribute in batch[resource])
        {
            var key = batch[attribute.Key];
            var isLocal = key.SequenceEqual(ZipkinKeys.ServiceName) || key.SequenceEqual(ZipkinKeys.LocalAddress) || key.SequenceEqual(ZipkinKeys.LocalPort) || key.SequenceEqual(ZipkinKeys.LocalV6);
            if (!isLocal && batch.Find(span.Attributes, key) is null)
            {
                WriteTag(attribute);
            }
        }

        WriteScope("otel.scope.name"u8, scope.Name, span.Attributes);
        WriteScope("otel.scope.version"u8, scope.Version, span.Attributes);
        json.WriteEndObject();
    }

    private void WriteScope(ReadOnlySpan<byte> key, TextRef value, Slice attributes)
    {
        if (value.Length > 0 && batch.Find(attributes, key) is null)
        {
            json.WriteString(key, batch[value]);
        }
    }

    // All of Zipkin's tags are texts.
    private void WriteTag(in SpanAttribute attribute)
    {
        json.WritePropertyName(batch[attribute.Key]);
        Span<byte> digits = stackalloc byte[32];
        switch (attribute.Kind)
        {
            case ValueKind.Text:
                json.WriteStringValue(batch[attribute.Text]);
                break;
            case ValueKind.Bool:
                json.WriteStringValue(attribute.Number != 0 ? "true"u8 : "false"u8);
                break;
            case ValueKind.Int when attribute.Number.TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture):
                json.WriteStringValue(digits[..length]);
                break;
            case ValueKind.Double when BitConverter.Int64BitsToDouble(attribute.Number).TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture):
                json.WriteStringValue(digits[..length]);
                break;
            case ValueKind.Bytes:
                json.WriteBase64StringValue(batch[attribute.Text]);
                break;
            case ValueKind.Array or ValueKind.Map:
                json.WriteStringValue(NestedValue.ToJson(batch[attribute.Text], attribute.Kind));
                break;
            default:
                json.WriteStringValue(""u8);
                break;
        }
    }

    // What a trace's id has of 64 bits alone is written so.
    private void WriteTraceId(UInt128 traceId)
    {
        Span<byte> bytes = stackalloc byte[16];
        Span<byte> digits = stackalloc byte[32];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, traceId);
        Convert.TryToHexStringLower(bytes, digits, out _);
        json.WriteString("traceId"u8, traceId <= ulong.MaxValue ? digits[16..] : digits);
    }

    private void WriteId(ReadOnlySpan<byte> name, ulong id)
    {
        Span<byte> bytes = stackalloc byte[8];
        Span<byte> digits = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, id);
        Convert.TryToHexStringLower(bytes, digits, out _);
        json.WriteString(name, digits);
    }

    private void WriteText(ReadOnlySpan<byte> name, TextRef text)
    {
        if (text.Length > 0)
        {
            json.WriteString(name, batch[text]);
        }
    }

    private void WriteFlag(ReadOnlySpan<byte> name, uint flag)
    {
        if (flag != 0)
        {
            json.WriteBoolean(name, true);
        }
    }
}
