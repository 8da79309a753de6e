using Amazon.Runtime;
using Amazon.S3.Model;

namespace Stagedoor.Storage.S3;

/// <summary>The body of an answer, as many bytes as were asked for: fewer are a fault, and faults are storage's.</summary>
internal sealed class ObjectStream(GetObjectResponse response, long length, string location) : ContentStream
{
    private long _rest = length;
    private bool _isClosed;

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
            if (read == 0)
            {
                throw new StorageException(StorageSource.Blobs, StorageFault.Failed, $"{location} ended an object {_rest} bytes early.");
            }

            // Closing compares the whole with the server's checksum; the last bytes are handed out only when it is right.
            _rest -= read;
            if (_rest == 0)
            {
                Close(response);
            }

            return read;
        }
        catch (AmazonClientException e)
        {
            throw new StorageException(StorageSource.Blobs, StorageFault.Corrupt, $"{location} sent other bytes than were stored: {e.Message}", e);
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
            Close(response);
        }

        base.Dispose(disposing);
    }

    private void Close(GetObjectResponse answer)
    {
        if (!_isClosed)
        {
            _isClosed = true;
            answer.Dispose();
        }
    }
}
