using System.Buffers.Binary;
using System.Text;

namespace Stagedoor.Tracing.Tests.Otlp;

/// <summary>Writes a protobuf message field by field, also one that no library would write.</summary>
internal sealed class Message
{
    private readonly List<byte> _bytes = [];

    public byte[] Bytes => [.. _bytes];

    public Message Number(int field, ulong value) => Tag(field, 0).Varint(value);

    public Message Fixed64(int field, ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return Tag(field, 1).Raw(bytes);
    }

    public Message Fixed32(int field, uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Tag(field, 5).Raw(bytes);
    }

    public Message Text(int field, string value) => Blob(field, Encoding.UTF8.GetBytes(value));

    public Message Blob(int field, ReadOnlySpan<byte> value) => Tag(field, 2).Varint((ulong)value.Length).Raw(value);

    public Message Inner(int field, Message value) => Blob(field, value.Bytes);

    public Message Tag(int field, int wireType) => Varint(((ulong)field << 3) | (uint)wireType);

    public Message Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _bytes.Add((byte)(value | 0x80));
        }

        _bytes.Add((byte)value);
        return this;
    }

    public Message Raw(ReadOnlySpan<byte> value)
    {
        _bytes.AddRange(value);
        return this;
    }

    /// <summary>A <c>KeyValue</c>.</summary>
    public static Message Pair(string key, Message value) => new Message().Text(1, key).Inner(2, value);

    /// <summary>A <c>KeyValue</c> with a text.</summary>
    public static Message Pair(string key, string value) => Pair(key, new Message().Text(1, value));

    /// <summary>A span that is taken as it is.</summary>
    public static Message Span() => new Message().Blob(1, Id(16, 1)).Blob(2, Id(8, 2)).Text(5, "GET /").Fixed64(7, 1000).Fixed64(8, 3000);

    /// <summary>An id whose last byte is that.</summary>
    public static byte[] Id(int length, byte last)
    {
        var id = new byte[length];
        id[^1] = last;
        return id;
    }

    /// <summary>A request of spans of one resource and scope.</summary>
    public static byte[] Request(params Message[] spans)
    {
        var scope = new Message().Inner(1, new Message().Text(1, "library").Text(2, "1.2"));
        foreach (var span in spans)
        {
            scope.Inner(2, span);
        }

        return new Message().Inner(1, new Message().Inner(1, new Message().Inner(1, Pair("service.name", "cart"))).Inner(2, scope)).Bytes;
    }
}
