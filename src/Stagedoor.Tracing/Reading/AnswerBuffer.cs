using System.Buffers;

namespace Stagedoor.Tracing.Reading;

/// <summary>Where an answer is written before it is sent, in memory of the shared pool. Whoever sends it gives that back; when nobody does, it is collected.</summary>
internal sealed class AnswerBuffer : IBufferWriter<byte>
{
    private const int First = 16 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(First);
    private int _length;

    /// <summary>What was written, until it is released.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _length);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - _length);
        _length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_length);
    }

    /// <summary>Gives the memory back.</summary>
    public void Release()
    {
        var bytes = _bytes;
        (_bytes, _length) = ([], 0);
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private void Reserve(int more)
    {
        more = Math.Max(more, 1);
        if (_bytes.Length - _length < more)
        {
            var larger = ArrayPool<byte>.Shared.Rent(checked(Math.Max(_length + more, 2 * _bytes.Length)));
            _bytes.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }
    }
}
