using System.Buffers.Binary;
using System.Text;

namespace Stagedoor.Tracing.Model;

/// <summary>Reads what <see cref="AggregateWriter"/> has written.</summary>
internal ref struct AggregateReader(ReadOnlySpan<byte> bytes)
{
    private readonly List<string> _texts = [];
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Whether everything was read.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>Reads a number.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public long Number()
    {
        var (value, shift) = (0UL, 0);
        while (shift < 63)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return (long)value;
            }

            shift += 7;
        }

        throw new InvalidDataException("A number of an aggregate is too long.");
    }

    /// <summary>Reads an id.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public UInt128 Id() => BinaryPrimitives.ReadUInt128BigEndian(Take(16));

    /// <summary>Reads a text.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public string Text()
    {
        if (Number() is > 0 and var known)
        {
            return known <= _texts.Count ? _texts[(int)known - 1] : throw new InvalidDataException("A text of an aggregate was never written.");
        }

        var text = Encoding.UTF8.GetString(Take(Number()));
        _texts.Add(text);
        return text;
    }

    private ReadOnlySpan<byte> Take(long length)
    {
        if (length > _rest.Length)
        {
            throw new InvalidDataException("An aggregate ends too early.");
        }

        var taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }
}
