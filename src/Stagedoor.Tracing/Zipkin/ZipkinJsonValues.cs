using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Zipkin;

/// <summary>What both versions of Zipkin's JSON have in common.</summary>
internal static class ZipkinJsonValues
{
    /// <summary>Reads a span, whose object was just opened.</summary>
    public delegate void ReadSpan(ref Utf8JsonReader json);

    /// <summary>Reads a list of spans. No bytes at all are an empty one.</summary>
    /// <param name="bytes">The document.</param>
    /// <param name="format">What it is to be, for the sender.</param>
    /// <param name="read">Reads a span.</param>
    /// <exception cref="MalformedSpansException">It is no such document.</exception>
    public static void ReadList(ArraySegment<byte> bytes, string format, ReadSpan read)
    {
        if (bytes.Count == 0)
        {
            return;
        }

        if (!Utf8.IsValid(bytes))
        {
            throw NoText(bytes, format);
        }

        var json = new Utf8JsonReader(bytes);
        try
        {
            json.Read();
            if (json.TokenType is not JsonTokenType.StartArray)
            {
                throw JsonValues.Malformed(ref json, "an array of spans is expected");
            }

            while (json.Read() && json.TokenType is not JsonTokenType.EndArray)
            {
                JsonMembers.Open(ref json);
                read(ref json);
            }

            if (json.Read())
            {
                throw JsonValues.Malformed(ref json, "something stands behind the document");
            }
        }
        catch (JsonException e)
        {
            // A list in protobuf begins with what is a new line in a text.
            throw LooksBinary(bytes) ? OtherFormat(format) : new MalformedSpansException(e.Message, json.BytesConsumed);
        }
    }

    public static MalformedSpansException OtherFormat(string expected) => new($"Expected {expected}", 0, isOtherFormat: true);

    /// <summary>Reads an id of hexadecimal digits into bytes, filled up with zeros from the left.</summary>
    /// <returns>How many of the bytes count: all; one, which is no id, when it is none; none when it is empty.</returns>
    public static int ReadId(ref Utf8JsonReader json, scoped Span<byte> id)
    {
        if (json.TokenType is not JsonTokenType.String)
        {
            throw JsonValues.Malformed(ref json, "an id of hexadecimal digits is expected");
        }

        var digits = json.ValueSpan;
        if (digits.Length == 0 || digits.Length > id.Length * 2)
        {
            return digits.Length == 0 ? 0 : 1;
        }

        id.Clear();
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[i] switch
            {
                >= (byte)'0' and <= (byte)'9' and var c => c - '0',
                >= (byte)'a' and <= (byte)'f' and var c => c - 'a' + 10,
                >= (byte)'A' and <= (byte)'F' and var c => c - 'A' + 10,
                _ => -1,
            };
            if (digit < 0)
            {
                return 1;
            }

            var place = (id.Length * 2) - digits.Length + i;
            id[place / 2] |= (byte)(place % 2 == 0 ? digit << 4 : digit);
        }

        return id.Length;
    }

    /// <summary>A time or a duration in microseconds. Below zero there is none.</summary>
    public static ulong ReadMicros(ref Utf8JsonReader json) =>
        json.TokenType is JsonTokenType.Number && json.ValueSpan[0] == '-' ? (ulong)Math.Max(0, JsonValues.ReadSigned(ref json)) : JsonValues.ReadUnsigned(ref json);

    public static ZipkinEndpoint ReadEndpoint(ref Utf8JsonReader json, SpanBatch batch)
    {
        var endpoint = default(ZipkinEndpoint);
        JsonMembers.Open(ref json);
        while (JsonMembers.Next(ref json, out var name))
        {
            switch (name)
            {
                case var _ when json.TokenType is JsonTokenType.Null:
                    break;
                case var _ when name.SequenceEqual("serviceName"u8):
                    endpoint.Service = JsonValues.ReadText(ref json, batch);
                    break;
                case var _ when name.SequenceEqual("ipv4"u8):
                    endpoint.V4 = JsonValues.ReadText(ref json, batch);
                    break;
                case var _ when name.SequenceEqual("ipv6"u8):
                    endpoint.V6 = JsonValues.ReadText(ref json, batch);
                    break;
                case var _ when name.SequenceEqual("port"u8):
                    endpoint.SetPort(JsonValues.ReadSigned(ref json));
                    break;
                default:
                    break;
            }

            json.Skip();
        }

        return endpoint;
    }

    private static MalformedSpansException NoText(ArraySegment<byte> bytes, string format)
    {
        if (LooksBinary(bytes))
        {
            return OtherFormat(format);
        }

        var rest = bytes.AsSpan();
        while (Rune.DecodeFromUtf8(rest, out _, out var read) is System.Buffers.OperationStatus.Done)
        {
            rest = rest[read..];
        }

        return new("the document is not UTF-8", bytes.Count - rest.Length);
    }

    // A list of Thrift begins with the type of its elements.
    private static bool LooksBinary(ArraySegment<byte> bytes)
    {
        if (bytes[0] == 0x0C)
        {
            return true;
        }

        try
        {
            var list = new ProtobufReader(bytes, 0, bytes.Count);
            while (list.Next())
            {
                if (list.Field != 1)
                {
                    return false;
                }

                list.ReadBytes();
            }

            return true;
        }
        catch (MalformedSpansException)
        {
            return false;
        }
    }
}
