using Stagedoor.Content;
using Stagedoor.Content.Blobs;
using Stagedoor.Storage;

namespace Stagedoor.Backup;

/// <summary>Brings blobs into a store, hashed on their way: what is not what its digest says is not kept.</summary>
internal static class BlobCopy
{
    /// <summary>Where the blob lies in a store.</summary>
    internal static BlobKey KeyOf(BackupBlob blob) => new BlobKeys(blob.Module).Of(Digest.Parse(blob.Digest));

    /// <summary>Copies the bytes into the store; false when they are not the blob's.</summary>
    /// <exception cref="StorageException">The store failed, and so did nothing.</exception>
    internal static async Task<bool> CopyAsync(BackupBlob blob, Stream bytes, IBlobStore store, Action<long> passed, CancellationToken cancellationToken)
    {
        var digest = Digest.Parse(blob.Digest);
        var id = $"{blob.Module}-{digest.Hex[..40]}";

        // One that a crash has left.
        await store.DropUploadAsync(id, cancellationToken);
        await using var upload = await store.CreateUploadAsync(id, cancellationToken);
        using var hash = BlobHash.Create(digest.Algorithm);
        using var buffer = PageBuffer.Rent();
        var size = 0L;
        while (await bytes.ReadAtLeastAsync(buffer.Memory, PageBuffer.Bytes, throwOnEndOfStream: false, cancellationToken) is var read and > 0)
        {
            hash.AppendData(buffer.Memory.Span[..read]);
            await upload.AppendAsync(buffer.Memory[..read], cancellationToken);
            size += read;
            passed(read);
        }

        if (size != blob.Size || Digest.Of(digest.Algorithm, hash.GetHashAndReset()) != digest)
        {
            await upload.AbortAsync(cancellationToken);
            return false;
        }

        await upload.CommitAsync(KeyOf(blob), cancellationToken);
        return true;
    }

    /// <summary>Removes what uploads have left that a crash has cut.</summary>
    internal static async Task DropUploadsAsync(IBlobStore store, CancellationToken cancellationToken)
    {
        await foreach (var staged in store.ListUploadsAsync(cancellationToken))
        {
            await store.DropUploadAsync(staged.Id, cancellationToken);
        }
    }
}
