using System.Buffers.Binary;
using System.Text;

namespace Stagedoor.Tracing.Tests.Zipkin;

/// <summary>Writes a struct of Thrift's binary protocol field by field.</summary>
internal sealed class ThriftMessage
{
    private readonly List<byte> _bytes = [];

    public ThriftMessage Bool(short field, bool value) => Field(2, field, [value ? (byte)1 : (byte)0]);

    public ThriftMessage Int16(short field, short value) => Field(6, field, BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(value)));

    public ThriftMessage Int32(short field, int value) => Field(8, field, BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(value)));

    public ThriftMessage Int64(short field, long value) => Field(10, field, BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(value)));

    public ThriftMessage Text(short field, string value) => Blob(field, Encoding.UTF8.GetBytes(value));

    public ThriftMessage Blob(short field, byte[] value) => Field(11, field, [.. Length(value.Length), .. value]);

    public ThriftMessage Struct(short field, ThriftMessage value) => Field(12, field, [.. value._bytes]);

    public ThriftMessage List(short field, params ThriftMessage[] values) => Field(15, field, ListOf(values));

    /// <summary>Ends the struct.</summary>
    public ThriftMessage Stop()
    {
        _bytes.Add(0);
        return this;
    }

    /// <summary>A list of structs.</summary>
    public static byte[] ListOf(params ThriftMessage[] values) => [12, .. Length(values.Length), .. values.SelectMany(static v => v._bytes)];

    private static byte[] Length(int length) => BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(length));

    private ThriftMessage Field(byte type, short field, byte[] value)
    {
        _bytes.AddRange([type, .. BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(field)), .. value]);
        return this;
    }
}
