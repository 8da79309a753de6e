using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Oci;
using Stagedoor.Images.Repositories;
using Stagedoor.Storage;

namespace Stagedoor.Images.Uploads;

/// <summary>Makes the bytes of an upload a blob of a repository. Bytes first, row second; nothing refers to what is not there.</summary>
internal sealed class StoreBlob(
    RegistryAccess access, RegistryCache cache, ContentStore content, BlobLinks links, BlobPublisher publisher, BlobCheck check, BlobUploads uploads,
    BlobRows rows)
{
    /// <summary>Whether a fault says that staged bytes are not what they were.</summary>
    public static bool IsLoss(ApiException e) => e.InnerException is StorageException { Store: StorageSource.Blobs, Fault: StorageFault.Corrupt };

    /// <summary>Stores an upload whose bytes are those of the digest.</summary>
    public async Task RunAsync(PushTarget target, BlobUpload upload, Digest digest, CancellationToken cancellationToken)
    {
        var (_, repositoryId) = await access.EnsureAsync(target, ImagesCodes.SaveLayerFailed, cancellationToken);
        var length = upload.Length;
        var (isThere, blob) = await publisher.TakeAsync(repositoryId, digest, length, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed);
        if (!isThere)
        {
            throw await access.GoneAsync(target, ImagesCodes.SaveLayerFailed, cancellationToken);
        }

        if (blob is not null
            && await check.IsIntactAsync(digest, blob, cancellationToken).AsTask().FaultAs(ImagesCodes.GetLayerFailed))
        {
            await uploads.EndAsync(upload.Id, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed);
            await upload.AbortAsync().FaultAs(ImagesCodes.SaveLayerFailed);
        }
        else
        {
            await PublishAsync(upload, content.Keys.Of(digest), cancellationToken);
            await RecordAsync(target, repositoryId, digest, length, upload.Id, cancellationToken);
        }

        cache.ForgetBlob(repositoryId, digest);
    }

    /// <summary>
    /// Whether the blob is stored already, for an upload that is over or whose bytes are gone. Bytes that were published and not recorded any more
    /// are recorded now. An upload that cannot come to anything is removed.
    /// </summary>
    /// <param name="target">Where it was pushed to.</param>
    /// <param name="row">The upload; null when it is over.</param>
    /// <param name="digest">What the client says that it has pushed.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<bool> RecoverAsync(PushTarget target, UploadRow? row, Digest digest, CancellationToken cancellationToken)
    {
        var size = await content.Blobs.FindSizeAsync(content.Keys.Of(digest), cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed);
        var repository = target.RepositoryId ?? (await access.FindAsync(target.Name, ImagesCodes.SaveLayerFailed, cancellationToken))?.Repository?.Id;
        if (repository is { } known
            && await links.FindAsync(known, digest, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed) is { Corrupt: 0 } blob
            && blob.Size == size
            && await links.RenewLeaseAsync(known, digest, blob, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed))
        {
            return true;
        }

        if (row is null)
        {
            return false;
        }

        await links.WelcomeAsync(digest, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed);

        // What has a row was recorded for somebody: it may be another account's, and to name its digest is not to have its bytes.
        if (size is { } published
            && (await rows.FindKnownAsync([digest.ToString()], cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed)).Count == 0
            && await content.HoldsAsync(digest, published, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed))
        {
            var (_, repositoryId) = await access.EnsureAsync(target, ImagesCodes.SaveLayerFailed, cancellationToken);
            await RecordAsync(target, repositoryId, digest, published, row.Id, cancellationToken);
            cache.ForgetBlob(repositoryId, digest);
            return true;
        }

        await uploads.ForgetLostAsync(row, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed);
        return false;
    }

    private async Task RecordAsync(PushTarget target, long repositoryId, Digest digest, long length, string uploadId, CancellationToken cancellationToken)
    {
        if (!await publisher.RecordAsync(repositoryId, digest, length, uploadId, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed))
        {
            throw await access.GoneAsync(target, ImagesCodes.SaveLayerFailed, cancellationToken);
        }
    }

    private static async Task PublishAsync(BlobUpload upload, BlobKey key, CancellationToken cancellationToken)
    {
        try
        {
            await upload.PublishAsync(key, cancellationToken);
        }
        catch (StorageException fault)
        {
            throw new ApiException(
                fault.Fault switch
                {
                    StorageFault.CannotCreate => ImagesCodes.CreateImagePathFailed,
                    StorageFault.Corrupt => ImagesCodes.InvalidLayerUpload,
                    _ => ImagesCodes.SaveLayerFailed,
                },
                inner: fault);
        }
    }
}
