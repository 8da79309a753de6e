using Amazon.S3.Model;

namespace Stagedoor.Storage.S3;

/// <summary>The body of an answer, as many bytes as were asked for: fewer are a fault, and faults are storage's.</summary>
internal sealed class ObjectStream(GetObjectResponse response, long length, string location) : ReadOnlyStream
{
    private long _rest = length;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = buffer[..(int)Math.Min(buffer.Length, _rest)];
        if (wanted.IsEmpty)
        {
            return 0;
        }

        try
        {
            var read = await response.ResponseStream.ReadAsync(wanted, cancellationToken);
            _rest -= read;
            return read > 0
                ? read
                : throw new StorageException(StorageSource.Blobs, StorageFault.Failed, $"{location} ended an object {_rest} bytes early.");
        }
        catch (Exception e) when (S3Faults.Are(e) && !cancellationToken.IsCancellationRequested)
        {
            throw S3Faults.Translate(e, location);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            response.Dispose();
        }

        base.Dispose(disposing);
    }
}
