namespace Stagedoor.Storage.FileSystem;

/// <summary>The next bytes of a file, as many as were promised: fewer are a fault, and faults are storage's.</summary>
internal sealed class BoundedStream(Stream inner, long length) : Stream
{
    private long _rest = length;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var wanted = buffer[..(int)Math.Min(buffer.Length, _rest)];
        try
        {
            return Count(inner.Read(wanted), wanted.Length);
        }
        catch (Exception e) when (FileFaults.Are(e))
        {
            throw FileFaults.Translate(e, StorageFault.Failed);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = buffer[..(int)Math.Min(buffer.Length, _rest)];
        try
        {
            return Count(await inner.ReadAsync(wanted, cancellationToken), wanted.Length);
        }
        catch (Exception e) when (FileFaults.Are(e))
        {
            throw FileFaults.Translate(e, StorageFault.Failed);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Count(int read, int wanted)
    {
        _rest -= read;
        return read > 0 || wanted == 0
            ? read
            : throw new StorageException(StorageSource.Blobs, StorageFault.Corrupt, "A stored file became shorter while it was read.");
    }
}
