using System.Buffers.Binary;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Zipkin;

/// <summary>Reads values of Thrift's binary protocol, one after the other. Nothing that it is given makes it read past the end or go on for ever.</summary>
/// <param name="bytes">All bytes.</param>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    private const int MaxDepth = 16;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;

    /// <summary>The number of the field at hand.</summary>
    public short Field { get; private set; }

    public ThriftType Type { get; private set; }

    public readonly bool IsAtEnd => _at == _bytes.Length;

    /// <summary>Goes to the next field of a struct; false at its end.</summary>
    public bool NextField()
    {
        Type = (ThriftType)_bytes[Take(1)];
        if (Type is ThriftType.Stop)
        {
            return false;
        }

        Field = BinaryPrimitives.ReadInt16BigEndian(_bytes[Take(2)..]);
        return true;
    }

    public bool ReadBool() => _bytes[Take(1)] != 0;

    public short ReadInt16() => BinaryPrimitives.ReadInt16BigEndian(_bytes[Take(2)..]);

    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(_bytes[Take(4)..]);

    public long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(_bytes[Take(8)..]);

    /// <summary>Where the bytes of a number are.</summary>
    public TextRef ReadRaw(int length) => new(Take(length), length);

    /// <summary>Where a text or bytes are.</summary>
    public TextRef ReadBytes()
    {
        var length = ReadInt32();
        return length >= 0 ? new(Take(length), length) : throw Malformed("a length is below zero");
    }

    /// <summary>Begins a list of structs: how many there are.</summary>
    public int ReadStructs()
    {
        var type = (ThriftType)_bytes[Take(1)];
        var count = ReadInt32();
        return type is not ThriftType.Struct && count != 0 ? throw Malformed("a list of structs is expected")
            : count < 0 || count > _bytes.Length - _at ? throw Malformed("a list is longer than what there is")
            : count;
    }

    /// <summary>Leaves the field out.</summary>
    public void Skip() => Skip(Type, 0);

    public readonly MalformedSpansException Malformed(string problem) => new(problem, _at);

    private void Skip(ThriftType type, int depth)
    {
        if (depth > MaxDepth)
        {
            throw Malformed($"values lie in each other more than {MaxDepth} times");
        }

        switch (type)
        {
            case ThriftType.Bool or ThriftType.Byte:
                Take(1);
                break;
            case ThriftType.Int16:
                Take(2);
                break;
            case ThriftType.Int32:
                Take(4);
                break;
            case ThriftType.Int64 or ThriftType.Double:
                Take(8);
                break;
            case ThriftType.Bytes:
                ReadBytes();
                break;
            case ThriftType.Struct:
                while ((ThriftType)_bytes[Take(1)] is not ThriftType.Stop and var field)
                {
                    Take(2);
                    Skip(field, depth + 1);
                }

                break;
            case ThriftType.Map:
                var (key, value) = ((ThriftType)_bytes[Take(1)], (ThriftType)_bytes[Take(1)]);
                for (var left = ReadInt32(); left > 0; left--)
                {
                    Skip(key, depth + 1);
                    Skip(value, depth + 1);
                }

                break;
            case ThriftType.Set or ThriftType.List:
                var element = (ThriftType)_bytes[Take(1)];
                for (var left = ReadInt32(); left > 0; left--)
                {
                    Skip(element, depth + 1);
                }

                break;
            default:
                throw Malformed($"there is no type {(int)type}");
        }
    }

    private int Take(int length)
    {
        var at = _at;
        _at = length <= _bytes.Length - _at ? _at + length : throw Malformed("a value is cut off");
        return at;
    }
}

internal enum ThriftType : byte
{
    Stop = 0,
    Bool = 2,
    Byte = 3,
    Double = 4,
    Int16 = 6,
    Int32 = 8,
    Int64 = 10,
    Bytes = 11,
    Struct = 12,
    Map = 13,
    Set = 14,
    List = 15,
}
