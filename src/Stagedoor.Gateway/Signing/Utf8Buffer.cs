using System.Buffers;
using System.Text;

namespace Stagedoor.Gateway.Signing;

/// <summary>Growing UTF-8 text on pooled memory.</summary>
internal sealed class Utf8Buffer : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(2048);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> this[Range range] => _bytes.AsSpan(0, Length)[range];

    public void Append(byte value)
    {
        Reserve(1);
        _bytes[Length++] = value;
    }

    public void Append(char ascii) => Append((byte)ascii);

    public void Append(ReadOnlySpan<char> text)
    {
        Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        Length += Encoding.UTF8.GetBytes(text, _bytes.AsSpan(Length));
    }

    public void Append(ReadOnlySpan<byte> text)
    {
        Reserve(text.Length);
        text.CopyTo(_bytes.AsSpan(Length));
        Length += text.Length;
    }

    /// <summary>Appends a copy of what stands at <paramref name="range"/> of this buffer.</summary>
    public void AppendCopy(Range range)
    {
        var (start, count) = range.GetOffsetAndLength(Length);
        Reserve(count);
        _bytes.AsSpan(start, count).CopyTo(_bytes.AsSpan(Length));
        Length += count;
    }

    /// <summary>Appends the byte itself when it is unreserved, else its escape.</summary>
    public void AppendEncoded(byte value)
    {
        if (Percent.IsPlain(value))
        {
            Append(value);
            return;
        }

        Reserve(3);
        _bytes[Length++] = (byte)'%';
        _bytes[Length++] = HexDigit(value >> 4);
        _bytes[Length++] = HexDigit(value & 0xF);
    }

    public void Truncate(int length) => Length = length;

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    private static byte HexDigit(int value) => "0123456789ABCDEF"u8[value];

    private void Reserve(int count)
    {
        if (_bytes.Length - Length >= count)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, Length + count));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
