using System.Security.Cryptography;

namespace Stagedoor.Backup;

/// <summary>What is read through it is hashed. Its length is told beforehand, as archives want it; fewer bytes are a fault, more are not read.</summary>
/// <param name="inner">The bytes, from their beginning.</param>
/// <param name="length">How many there must be.</param>
/// <param name="hash">Takes them.</param>
/// <param name="passed">Hears how many have gone by.</param>
internal sealed class HashedStream(Stream inner, long length, IncrementalHash hash, Action<long> passed) : Stream
{
    private long _position;

    public override bool CanRead => true;

    // So that an archive asks for the length; nobody may seek.
    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        var wanted = Wanted(buffer.Length);
        var read = inner.Read(buffer[..wanted]);
        Note(buffer[..read], wanted);
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = Wanted(buffer.Length);
        var read = await inner.ReadAsync(buffer[..wanted], cancellationToken);
        Note(buffer.Span[..read], wanted);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int Wanted(int room) => (int)Math.Min(room, length - _position);

    private void Note(ReadOnlySpan<byte> bytes, int wanted)
    {
        if (bytes.IsEmpty && wanted > 0)
        {
            throw new EndOfStreamException($"{length - _position} bytes are missing at the end.");
        }

        hash.AppendData(bytes);
        _position += bytes.Length;
        passed(bytes.Length);
    }
}
