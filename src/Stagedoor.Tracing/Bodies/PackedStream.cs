namespace Stagedoor.Tracing.Bodies;

/// <summary>A body as it is sent, which it does not close: counts its bytes, refuses too many, and keeps the last ones, in which checksums stand.</summary>
/// <param name="inner">The body.</param>
/// <param name="head">What was read of it before.</param>
/// <param name="most">How many bytes it may have.</param>
internal sealed class PackedStream(Stream inner, ReadOnlyMemory<byte> head, int most) : Stream
{
    private const int Kept = 8;

    private readonly byte[] _tail = new byte[Kept];
    private ReadOnlyMemory<byte> _head = head;

    /// <summary>How many bytes were read.</summary>
    public int Count { get; private set; }

    /// <summary>Whether reading the body itself failed: what unpacks it throws the same kinds of exceptions.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>The last eight bytes; before them zeros when there are fewer.</summary>
    public ReadOnlySpan<byte> Tail => _tail;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => Count;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        HasFailed = true;
        var read = _head.IsEmpty ? inner.Read(buffer) : ReadHead(buffer);
        HasFailed = false;
        return Take(buffer, read);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        HasFailed = true;
        var read = _head.IsEmpty ? await inner.ReadAsync(buffer, cancellationToken) : ReadHead(buffer.Span);
        HasFailed = false;
        return Take(buffer.Span, read);
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int ReadHead(Span<byte> buffer)
    {
        var read = Math.Min(buffer.Length, _head.Length);
        _head.Span[..read].CopyTo(buffer);
        _head = _head[read..];
        return read;
    }

    private int Take(ReadOnlySpan<byte> buffer, int read)
    {
        Count = read <= most - Count ? Count + read : throw new BodyException(BodyProblem.TooLarge, $"the body has more than {most} bytes as it is sent");
        var last = buffer[Math.Max(0, read - Kept)..read];
        _tail.AsSpan(last.Length).CopyTo(_tail);
        last.CopyTo(_tail.AsSpan(Kept - last.Length));
        return read;
    }
}
