using System.Buffers;
using Microsoft.AspNetCore.Http;
using Stagedoor.Storage;

namespace Stagedoor.Images.Oci.Blobs;

/// <summary>Sends the bytes of an opened blob.</summary>
internal static class BlobResponse
{
    // Each piece is a hand-over between threads: with 256 KiB a single pull took a third more of CPU time.
    private const int BufferBytes = 512 * 1024;

    /// <summary>Copies the part into the response.</summary>
    public static Task SendAsync(BlobContent content, HttpResponse response, CancellationToken cancellationToken) =>
        content.File is null ? SendStreamAsync(content, response, cancellationToken) : SendFileAsync(content, response, cancellationToken);

    /// <summary>
    /// Copies a whole blob and hashes it on the way. The last piece is held back until the digest is known, so that a client of a damaged blob
    /// sees a cut connection rather than a complete answer.
    /// </summary>
    /// <returns>Whether the bytes were those of the digest; when not, the connection is to be cut.</returns>
    public static async Task<bool> SendVerifiedAsync(BlobContent content, Digest digest, HttpResponse response, CancellationToken cancellationToken)
    {
        using var hash = BlobHash.Create(digest.Algorithm);
        var (held, next) = (ArrayPool<byte>.Shared.Rent(BufferBytes), ArrayPool<byte>.Shared.Rent(BufferBytes));
        try
        {
            var heldCount = 0;
            int read;
            while ((read = await content.Body.ReadAsync(next, cancellationToken)) > 0)
            {
                hash.AppendData(next, 0, read);
                await response.Body.WriteAsync(held.AsMemory(0, heldCount), cancellationToken);
                (held, next, heldCount) = (next, held, read);
            }

            if (Digest.Of(digest.Algorithm, hash.GetHashAndReset()) != digest)
            {
                return false;
            }

            await response.Body.WriteAsync(held.AsMemory(0, heldCount), cancellationToken);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(held);
            ArrayPool<byte>.Shared.Return(next);
        }
    }

    // Reads straight into the response's own buffer, which saves the copy that Stream.CopyToAsync makes.
    private static async Task SendFileAsync(BlobContent content, HttpResponse response, CancellationToken cancellationToken)
    {
        var writer = response.BodyWriter;
        var offset = content.Offset;
        var left = content.Length;
        while (left > 0)
        {
            var memory = writer.GetMemory((int)Math.Min(BufferBytes, left));
            var read = RandomAccess.Read(content.File!, memory.Span[..(int)Math.Min(memory.Length, left)], offset);
            if (read == 0)
            {
                throw new StorageException(StorageSource.Blobs, StorageFault.Corrupt, "The blob's file has become shorter while it was sent.");
            }

            writer.Advance(read);
            offset += read;
            left -= read;
            if ((await writer.FlushAsync(cancellationToken)).IsCompleted)
            {
                return;
            }
        }
    }

    private static async Task SendStreamAsync(BlobContent content, HttpResponse response, CancellationToken cancellationToken)
    {
        var writer = response.BodyWriter;
        var left = content.Length;
        while (left > 0)
        {
            var memory = writer.GetMemory((int)Math.Min(BufferBytes, left));
            var read = await content.Body.ReadAsync(memory[..(int)Math.Min(memory.Length, left)], cancellationToken);
            if (read == 0)
            {
                throw new StorageException(StorageSource.Blobs, StorageFault.Corrupt, "The blob has become shorter while it was sent.");
            }

            writer.Advance(read);
            left -= read;
            if ((await writer.FlushAsync(cancellationToken)).IsCompleted)
            {
                return;
            }
        }
    }
}
