using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text.Json;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Zipkin;

/// <summary>Makes events of annotations. One that OpenTelemetry's exporters write, <c>"name": {"key":value}</c>, becomes again what it was made of.</summary>
/// <param name="batch">Where they go.</param>
/// <param name="limits">How much is kept.</param>
internal sealed class ZipkinEvents(SpanBatch batch, SpanLimits limits)
{
    // What looks so and is not costs an exception each time: after as many it is not tried again in this batch.
    private const int MostFailures = 32;

    // Below what arrays and maps may have in the other formats.
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = 32 };

    private int _failures;

    public void Add(ulong time, TextRef value, ref SpanData span)
    {
        if (_failures < MostFailures && FindAttributes(batch[value]) is > 0 and var at && FindDecoded(time, value, at, ref span) is { } decoded)
        {
            batch.Events.Add(decoded);
            return;
        }

        batch.Events.Add(new() { Time = time, Name = batch.Keep(value, limits.Text, ref span.Warnings), Attributes = new(batch.Attributes.Count, 0) });
    }

    /// <summary>Where the attributes begin in an annotation that may be an encoded event; 0 when it is none.</summary>
    public static int FindAttributes(ReadOnlySpan<byte> value)
    {
        if (value.Length < 6 || value[0] != '"' || value[^1] != '}')
        {
            return 0;
        }

        var at = 1;
        while (at < value.Length && value[at] != '"')
        {
            at += value[at] == '\\' ? 2 : 1;
        }

        at++;
        if (at >= value.Length || value[at++] != ':')
        {
            return 0;
        }

        while (at < value.Length && value[at] == ' ')
        {
            at++;
        }

        return at < value.Length && value[at] == '{' ? at : 0;
    }

    private SpanEvent? FindDecoded(ulong time, TextRef value, int at, ref SpanData span)
    {
        var first = batch.Attributes.Count;
        var decoded = new SpanEvent { Time = time };
        var warnings = span.Warnings;
        try
        {
            var end = batch[value][..at].LastIndexOf((byte)'"') + 1;
            var json = new Utf8JsonReader(batch[value][..end], s_options);
            json.Read();
            decoded.Name = batch.Keep(TextOf(ref json, value.Offset), limits.Name, ref warnings);
            json = new Utf8JsonReader(batch[value][at..], s_options);
            json.Read();
            while (json.Read() && json.TokenType is not JsonTokenType.EndObject)
            {
                var attribute = new SpanAttribute { Key = TextOf(ref json, value.Offset + at) };
                json.Read();
                ReadValue(ref json, value.Offset + at, ref attribute, ref warnings);
                SpanRules.AddSent(batch, limits, first, attribute, ref decoded.DroppedAttributes, ref warnings);
            }

            // What stands behind makes it another text.
            if (json.Read())
            {
                return null;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or MalformedSpansException)
        {
            _failures++;
            CollectionsMarshal.SetCount(batch.Attributes, first);
            return null;
        }

        span.Warnings = warnings;
        decoded.Attributes = new(first, batch.Attributes.Count - first);
        return decoded;
    }

    private void ReadValue(ref Utf8JsonReader json, int offset, ref SpanAttribute attribute, ref SpanWarnings warnings)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.String:
                (attribute.Kind, attribute.Text) = (ValueKind.Text, TextOf(ref json, offset));
                break;
            case JsonTokenType.True or JsonTokenType.False:
                (attribute.Kind, attribute.Number) = (ValueKind.Bool, json.TokenType is JsonTokenType.True ? 1 : 0);
                break;
            case JsonTokenType.Number:
                (attribute.Kind, attribute.Number) = NumberOf(ref json);
                break;
            case JsonTokenType.StartArray or JsonTokenType.StartObject:
                var kind = json.TokenType is JsonTokenType.StartArray ? ValueKind.Array : ValueKind.Map;
                var list = new ProtobufWriter();
                WriteList(ref json, kind, list);
                NestedValue.Keep(batch, limits, kind, batch.Add(list.Bytes), ref attribute, ref warnings);
                break;
            default:
                break;
        }
    }

    private static (ValueKind Kind, long Number) NumberOf(ref Utf8JsonReader json) =>
        Utf8Parser.TryParse(json.ValueSpan, out long whole, out var read) && read == json.ValueSpan.Length
            ? (ValueKind.Int, whole)
            : (ValueKind.Double, BitConverter.DoubleToInt64Bits(json.GetDouble()));

    private static void WriteList(ref Utf8JsonReader json, ValueKind kind, ProtobufWriter list)
    {
        while (json.Read() && json.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject))
        {
            var item = new ProtobufWriter();
            if (kind is ValueKind.Array)
            {
                WriteItem(ref json, item);
            }
            else
            {
                item.Blob(1, CopyOf(ref json));
                json.Read();
                var value = new ProtobufWriter();
                WriteItem(ref json, value);
                item.Blob(2, value.Bytes);
            }

            list.Blob(1, item.Bytes);
        }
    }

    private static void WriteItem(ref Utf8JsonReader json, ProtobufWriter item)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.String:
                item.Blob(1, CopyOf(ref json));
                break;
            case JsonTokenType.True or JsonTokenType.False:
                item.Number(2, json.TokenType is JsonTokenType.True ? 1UL : 0);
                break;
            case JsonTokenType.Number when NumberOf(ref json) is var (kind, number):
                if (kind is ValueKind.Int)
                {
                    item.Number(3, (ulong)number);
                }
                else
                {
                    item.Fixed64(4, (ulong)number);
                }

                break;
            case JsonTokenType.StartArray or JsonTokenType.StartObject:
                var nested = json.TokenType is JsonTokenType.StartArray ? ValueKind.Array : ValueKind.Map;
                var list = new ProtobufWriter();
                WriteList(ref json, nested, list);
                item.Blob((int)nested, list.Bytes);
                break;
            default:
                break;
        }
    }

    private static ReadOnlySpan<byte> CopyOf(ref Utf8JsonReader json)
    {
        if (!json.ValueIsEscaped)
        {
            return json.ValueSpan;
        }

        var text = new byte[json.ValueSpan.Length];
        return text.AsSpan(0, JsonValues.Unescape(json.ValueSpan, text));
    }

    private TextRef TextOf(ref Utf8JsonReader json, int offset) =>
        json.ValueIsEscaped ? batch.Add(CopyOf(ref json)) : new(offset + (int)json.TokenStartIndex + 1, json.ValueSpan.Length);
}
