using System.Buffers.Binary;

namespace Stagedoor.Tracing.Otlp;

/// <summary>Reads the fields of one protobuf message, one after the other. Nothing that it is given makes it read past the end or go on for ever.</summary>
/// <param name="bytes">All bytes, of which the message is a part.</param>
/// <param name="start">Where the message begins.</param>
/// <param name="end">Where it ends.</param>
internal ref struct ProtobufReader(ReadOnlySpan<byte> bytes, int start, int end)
{
    private const int MaxGroups = 32;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly int _end = end;
    private int _at = start;

    /// <summary>The number of the field at hand.</summary>
    public int Field { get; private set; }

    public WireType Type { get; private set; }

    /// <summary>Goes to the next field; false at the end.</summary>
    public bool Next()
    {
        if (_at >= _end)
        {
            return false;
        }

        var tag = ReadVarint();
        Field = tag is > 7 and <= uint.MaxValue ? (int)(tag >> 3) : throw Malformed("a field without a number");
        Type = (WireType)(tag & 7);
        return true;
    }

    /// <summary>The same, but for the fields of one number alone.</summary>
    public bool Next(int field)
    {
        while (Next())
        {
            if (Field == field)
            {
                return true;
            }

            Skip();
        }

        return false;
    }

    public ulong ReadVarint()
    {
        // Tags, lengths and small numbers are nearly all there is.
        if (_at < _end && _bytes[_at] is < 0x80 and var only)
        {
            _at++;
            return only;
        }

        return ReadLongVarint();
    }

    private ulong ReadLongVarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (_at >= _end)
            {
                throw Malformed("a number is cut off");
            }

            var b = _bytes[_at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw Malformed("a number is longer than ten bytes");
    }

    /// <summary>A varint field's value.</summary>
    public ulong ReadNumber() => Type is WireType.Varint ? ReadVarint() : throw Unexpected();

    public ulong ReadFixed64()
    {
        var at = Type is WireType.Fixed64 ? Take(8) : throw Unexpected();
        return BinaryPrimitives.ReadUInt64LittleEndian(_bytes[at..]);
    }

    public uint ReadFixed32()
    {
        var at = Type is WireType.Fixed32 ? Take(4) : throw Unexpected();
        return BinaryPrimitives.ReadUInt32LittleEndian(_bytes[at..]);
    }

    /// <summary>Where the text, the bytes or the message of the field is.</summary>
    public Spans.TextRef ReadBytes()
    {
        if (Type is not WireType.Bytes)
        {
            throw Unexpected();
        }

        var length = ReadVarint();
        return length <= (ulong)(_end - _at) ? new(Take((int)length), (int)length) : throw Malformed("a field is cut off");
    }

    /// <summary>A message of the field.</summary>
    public ProtobufReader ReadMessage()
    {
        var at = ReadBytes();
        return new(_bytes, at.Offset, at.Offset + at.Length);
    }

    /// <summary>Leaves the field out.</summary>
    public void Skip() => Skip(0);

    public readonly MalformedSpansException Malformed(string problem) => new(problem, _at);

    private readonly MalformedSpansException Unexpected() => Malformed($"field {Field} has the wire type {(int)Type}");

    private void Skip(int groups)
    {
        switch (Type)
        {
            case WireType.Varint:
                ReadVarint();
                break;
            case WireType.Fixed64:
                Take(8);
                break;
            case WireType.Bytes:
                ReadBytes();
                break;
            case WireType.Fixed32:
                Take(4);
                break;
            case WireType.StartGroup when groups < MaxGroups:
                for (var number = Field; ;)
                {
                    if (!Next())
                    {
                        throw Malformed("a group is cut off");
                    }

                    if (Type is WireType.EndGroup)
                    {
                        Field = Field == number ? number : throw Malformed("a group has another's end");
                        return;
                    }

                    Skip(groups + 1);
                }

            default:
                throw Unexpected();
        }
    }

    private int Take(int length)
    {
        var at = _at;
        _at = length <= _end - _at ? _at + length : throw Malformed("a field is cut off");
        return at;
    }
}

internal enum WireType
{
    Varint,
    Fixed64,
    Bytes,
    StartGroup,
    EndGroup,
    Fixed32,
}
