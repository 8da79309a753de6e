namespace Stagedoor.Storage.FileSystem;

/// <summary>The next bytes of a file, as many as were promised: fewer are a fault, and faults are storage's.</summary>
internal sealed class BoundedStream(Stream inner, long length) : ContentStream
{
    private long _rest = length;

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
