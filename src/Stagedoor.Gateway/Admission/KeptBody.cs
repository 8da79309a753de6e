using System.Buffers;

namespace Stagedoor.Gateway.Admission;

/// <summary>A body in pooled memory, from its beginning. It is given back when the response is complete.</summary>
internal sealed class KeptBody(WaitingBodies waiting, ClientNetwork network) : Stream
{
    public const int BlockSize = 16 * 1024;

    private readonly List<byte[]> _blocks = [];
    private long _length;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => _length;

    public override long Position
    {
        get => _position;
        set => _position = value;
    }

    /// <summary>Keeps the bytes; false when there is no memory for them.</summary>
    public bool TryKeep(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var used = (int)(_length % BlockSize);
            if (used == 0)
            {
                if (!waiting.TryTake(network, BlockSize))
                {
                    return false;
                }

                _blocks.Add(ArrayPool<byte>.Shared.Rent(BlockSize));
            }

            var count = Math.Min(bytes.Length, BlockSize - used);
            bytes[..count].CopyTo(_blocks[^1].AsSpan(used));
            bytes = bytes[count..];
            _length += count;
        }

        return true;
    }

    public override int Read(Span<byte> buffer)
    {
        if (_position >= _length)
        {
            return 0;
        }

        var at = (int)(_position % BlockSize);
        var count = (int)Math.Min(Math.Min(buffer.Length, BlockSize - at), _length - _position);
        _blocks[(int)(_position / BlockSize)].AsSpan(at, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : new(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => _position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => _length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && _blocks.Count > 0)
        {
            waiting.Return(network, (long)_blocks.Count * BlockSize);
            foreach (var block in _blocks)
            {
                ArrayPool<byte>.Shared.Return(block, clearArray: true);
            }

            _blocks.Clear();
            _length = 0;
        }

        base.Dispose(disposing);
    }
}
