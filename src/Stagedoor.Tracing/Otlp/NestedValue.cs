using System.Buffers;
using System.Text.Json;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Otlp;

/// <summary>Arrays and maps among the values of attributes: the messages <c>ArrayValue</c> and <c>KeyValueList</c> of OTLP.</summary>
internal static class NestedValue
{
    /// <summary>How deep values lie in each other at most: what other readers of the format take too, who count a hundred messages.</summary>
    private const int MostDepth = 45;

    /// <summary>Makes the value of an attribute of an array or a map: what is too deep or too long becomes its JSON text.</summary>
    /// <param name="batch">The batch, in whose bytes it is.</param>
    /// <param name="limits">How much is kept of it.</param>
    /// <param name="kind">An array or a map.</param>
    /// <param name="value">Where it is.</param>
    /// <param name="attribute">The attribute.</param>
    /// <param name="warnings">Told when it became a text.</param>
    /// <exception cref="MalformedSpansException">It is no such message, or so deep that nobody reads it.</exception>
    public static void Keep(SpanBatch batch, SpanLimits limits, ValueKind kind, TextRef value, ref SpanAttribute attribute, ref SpanWarnings warnings)
    {
        var bytes = batch[value];
        if (DepthOf(bytes, kind, new(0, value.Length), 1) <= limits.Depth && value.Length <= limits.LongText)
        {
            (attribute.Kind, attribute.Text) = (kind, value);
            return;
        }

        (attribute.Kind, attribute.Text) = (ValueKind.Text, batch.Add(ToJson(bytes, kind, new(0, value.Length))));
        batch.CountCut();
        warnings |= SpanWarnings.Cut;
    }

    // Bytes as base64, numbers that are none as texts.
    private static byte[] ToJson(ReadOnlySpan<byte> bytes, ValueKind kind, TextRef value)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json, bytes, kind, value);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static int DepthOf(ReadOnlySpan<byte> bytes, ValueKind kind, TextRef value, int depth)
    {
        var list = new ProtobufReader(bytes, value.Offset, value.Offset + value.Length);
        if (depth > MostDepth)
        {
            throw list.Malformed($"values lie in each other more than {MostDepth} times");
        }

        var deepest = depth;
        while (list.Next(1))
        {
            var item = list.ReadMessage();
            if (kind is ValueKind.Map)
            {
                while (item.Next())
                {
                    if (item.Field == 2)
                    {
                        deepest = Math.Max(deepest, DepthOfItem(bytes, item.ReadMessage(), depth));
                    }
                    else
                    {
                        item.Skip();
                    }
                }
            }
            else
            {
                deepest = Math.Max(deepest, DepthOfItem(bytes, item, depth));
            }
        }

        return deepest;
    }

    private static int DepthOfItem(ReadOnlySpan<byte> bytes, ProtobufReader item, int depth)
    {
        var deepest = depth;
        while (item.Next())
        {
            switch (item.Field)
            {
                case 5 or 6:
                    deepest = Math.Max(deepest, DepthOf(bytes, (ValueKind)item.Field, item.ReadBytes(), depth + 1));
                    break;
                case 1 or 7:
                    item.ReadBytes();
                    break;
                case 2 or 3:
                    item.ReadNumber();
                    break;
                case 4:
                    item.ReadFixed64();
                    break;
                default:
                    item.Skip();
                    break;
            }
        }

        return deepest;
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> bytes, ValueKind kind, TextRef value)
    {
        var list = new ProtobufReader(bytes, value.Offset, value.Offset + value.Length);
        if (kind is ValueKind.Array)
        {
            json.WriteStartArray();
            while (list.Next(1))
            {
                WriteItem(json, bytes, list.ReadMessage());
            }

            json.WriteEndArray();
            return;
        }

        json.WriteStartObject();
        while (list.Next(1))
        {
            var item = list.ReadMessage();
            var key = default(TextRef);
            var at = default(ProtobufReader);
            var hasValue = false;
            while (item.Next())
            {
                switch (item.Field)
                {
                    case 1:
                        key = item.ReadBytes();
                        break;
                    case 2:
                        at = item.ReadMessage();
                        hasValue = true;
                        break;
                    default:
                        item.Skip();
                        break;
                }
            }

            json.WritePropertyName(TextOf(bytes, key));
            if (hasValue)
            {
                WriteItem(json, bytes, at);
            }
            else
            {
                json.WriteNullValue();
            }
        }

        json.WriteEndObject();
    }

    private static void WriteItem(Utf8JsonWriter json, ReadOnlySpan<byte> bytes, ProtobufReader item)
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
                json.WriteStringValue(TextOf(bytes, text));
                break;
            case ValueKind.Bool:
                json.WriteBooleanValue(number != 0);
                break;
            case ValueKind.Int:
                json.WriteNumberValue(number);
                break;
            case ValueKind.Double when double.IsFinite(BitConverter.Int64BitsToDouble(number)):
                json.WriteNumberValue(BitConverter.Int64BitsToDouble(number));
                break;
            case ValueKind.Double:
                json.WriteStringValue(BitConverter.Int64BitsToDouble(number) switch { double.PositiveInfinity => "Infinity", double.NegativeInfinity => "-Infinity", _ => "NaN" });
                break;
            case ValueKind.Bytes:
                json.WriteBase64StringValue(bytes.Slice(text.Offset, text.Length));
                break;
            case ValueKind.Array or ValueKind.Map:
                Write(json, bytes, kind, text);
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }

    // With U+FFFD for what is not UTF-8, which the writer would refuse.
    private static string TextOf(ReadOnlySpan<byte> bytes, TextRef text) => System.Text.Encoding.UTF8.GetString(bytes.Slice(text.Offset, text.Length));
}
