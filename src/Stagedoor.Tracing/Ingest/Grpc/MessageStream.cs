using System.Buffers.Binary;

namespace Stagedoor.Tracing.Ingest.Grpc;

/// <summary>The one message of a call as bytes: a header of five bytes says whether it is packed and how long it is (gRPC over HTTP/2, "Length-Prefixed-Message").</summary>
/// <param name="body">The request's body.</param>
/// <param name="length">How many bytes the message is to have.</param>
internal sealed class MessageStream(Stream body, uint length) : Stream
{
    private const int HeaderLength = 5;

    private uint _left = length;

    /// <summary>Whether the body ended before the message did.</summary>
    public bool IsCut { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Reads the header; null when there is none.</summary>
    public static async ValueTask<(bool IsPacked, uint Length)?> ReadHeaderAsync(Stream body, CancellationToken cancellationToken)
    {
        var header = new byte[HeaderLength];
        return await body.ReadAtLeastAsync(header, HeaderLength, throwOnEndOfStream: false, cancellationToken) == HeaderLength && header[0] <= 1
            ? (header[0] == 1, BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(1)))
            : null;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left == 0 || buffer.IsEmpty)
        {
            return 0;
        }

        var read = await body.ReadAsync(buffer[..(int)Math.Min((uint)buffer.Length, _left)], cancellationToken);
        IsCut = read == 0;
        _left -= (uint)read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
