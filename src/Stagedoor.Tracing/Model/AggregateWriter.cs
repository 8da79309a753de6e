using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Stagedoor.Tracing.Model;

/// <summary>Writes numbers and texts in few bytes; a text that was written before is its number.</summary>
internal sealed class AggregateWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly Dictionary<string, int> _texts = new(StringComparer.Ordinal);

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.WrittenMemory;

    /// <summary>Writes a number that is not negative.</summary>
    public void Number(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        for (; value >= 0x80; value >>= 7)
        {
            Byte((byte)(value | 0x80));
        }

        Byte((byte)value);
    }

    /// <summary>Writes an id.</summary>
    public void Id(UInt128 value)
    {
        BinaryPrimitives.WriteUInt128BigEndian(_bytes.GetSpan(16), value);
        _bytes.Advance(16);
    }

    /// <summary>Writes a text.</summary>
    public void Text(string value)
    {
        if (_texts.TryGetValue(value, out var known))
        {
            Number(known + 1);
            return;
        }

        Number(0);
        var length = Encoding.UTF8.GetByteCount(value);
        Number(length);
        Encoding.UTF8.GetBytes(value, _bytes.GetSpan(length));
        _bytes.Advance(length);
        _texts.Add(value, _texts.Count);
    }

    private void Byte(byte value)
    {
        _bytes.GetSpan(1)[0] = value;
        _bytes.Advance(1);
    }
}
