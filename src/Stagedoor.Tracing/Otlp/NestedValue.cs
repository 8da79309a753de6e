using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
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

        (attribute.Kind, attribute.Text) = (ValueKind.Text, batch.Add(ToJson(bytes, kind)));
        batch.CountCut();
        warnings |= SpanWarnings.Cut;
    }

    /// <summary>An array or a map as JSON: bytes in base64, numbers that are none as texts.</summary>
    public static byte[] ToJson(ReadOnlySpan<byte> value, ValueKind kind)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json, value, kind, new(0, value.Length));
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes the value of an attribute as JSON.</summary>
    public static void WriteJson(Utf8JsonWriter json, SpanBatch batch, in SpanAttribute attribute) =>
        Write(json, batch[attribute.Text], attribute.Kind, attribute.Number, new(0, attribute.Text.Length));

    /// <summary>What a number is called that is none.</summary>
    public static string NameOf(double value) => value switch { double.PositiveInfinity => "Infinity", double.NegativeInfinity => "-Infinity", _ => "NaN" };

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

        Write(json, bytes, kind, number, text);
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> bytes, ValueKind kind, long number, TextRef text)
    {
        switch (kind)
        {
            case ValueKind.Text:
                WriteText(json, bytes.Slice(text.Offset, text.Length));
                break;
            case ValueKind.Bool:
                json.WriteBooleanValue(number != 0);
                break;
            case ValueKind.Int:
                json.WriteNumberValue(number);
                break;
            case ValueKind.Double when BitConverter.Int64BitsToDouble(number) is var value:
                WriteDouble(json, value);
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

    // Texts in arrays and maps are as they were sent, perhaps none.
    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> text)
    {
        if (Utf8.IsValid(text))
        {
            json.WriteStringValue(text);
        }
        else
        {
            json.WriteStringValue(Encoding.UTF8.GetString(text));
        }
    }

    // One that is whole must not read as another kind of number.
    private static void WriteDouble(Utf8JsonWriter json, double value)
    {
        if (!double.IsFinite(value))
        {
            json.WriteStringValue(NameOf(value));
        }
        else if (double.IsInteger(value) && Math.Abs(value) < 1e15)
        {
            json.WriteRawValue(value.ToString("F1", CultureInfo.InvariantCulture));
        }
        else
        {
            json.WriteNumberValue(value);
        }
    }

    // With U+FFFD for what is not UTF-8, which the writer would refuse.
    private static string TextOf(ReadOnlySpan<byte> bytes, TextRef text) => System.Text.Encoding.UTF8.GetString(bytes.Slice(text.Offset, text.Length));
}
