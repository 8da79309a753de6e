using System.Buffers.Binary;
using System.Text;

namespace Stagedoor.Tracing.Store;

/// <summary>Reads what <see cref="ByteBuffer"/> wrote. What does not fit is an <see cref="InvalidDataException"/>: nothing makes it read elsewhere.</summary>
/// <param name="bytes">The bytes.</param>
/// <param name="at">Where it begins.</param>
internal ref struct ByteCursor(ReadOnlySpan<byte> bytes, int at = 0)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int At { get; private set; } = (uint)at <= (uint)bytes.Length ? at : throw Damaged();

    public readonly bool IsAtEnd => At >= _bytes.Length;

    public byte Byte() => Raw(1)[0];

    public ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if ((uint)At >= (uint)_bytes.Length)
            {
                throw Damaged();
            }

            var b = _bytes[At++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw Damaged();
    }

    public int Number() => Varint() is <= int.MaxValue and var value ? (int)value : throw Damaged();

    /// <summary>How many things follow, of which each takes at least one byte.</summary>
    public int Count() => Number() is var count && count <= _bytes.Length - At ? count : throw Damaged();

    public long Signed()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public uint Fixed32() => BinaryPrimitives.ReadUInt32LittleEndian(Raw(sizeof(uint)));

    public ulong Fixed64() => BinaryPrimitives.ReadUInt64LittleEndian(Raw(sizeof(ulong)));

    public UInt128 Fixed128() => BinaryPrimitives.ReadUInt128LittleEndian(Raw(16));

    public ReadOnlySpan<byte> Raw(int length)
    {
        if ((uint)length > (uint)(_bytes.Length - At))
        {
            throw Damaged();
        }

        var raw = _bytes.Slice(At, length);
        At += length;
        return raw;
    }

    public ReadOnlySpan<byte> Text() => Raw(Number());

    public string String() => Encoding.UTF8.GetString(Text());

    private static InvalidDataException Damaged() => new("What is stored is not what was written.");
}
