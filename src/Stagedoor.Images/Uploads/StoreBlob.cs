using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Blobs;
using Stagedoor.Images.Collection;
using Stagedoor.Images.Oci;
using Stagedoor.Images.Repositories;
using Stagedoor.Storage;

namespace Stagedoor.Images.Uploads;

/// <summary>Makes the bytes of an upload a blob of a repository. Bytes first, row second; nothing refers to what is not there.</summary>
internal sealed class StoreBlob(
    RegistryAccess access, RegistryCache cache, BlobRows rows, BlobCheck check, CollectorStore collector, BlobUploads uploads, IBlobStore blobs, TimeProvider clock)
{
    private static readonly TimeSpan s_removalPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_removalPoll = TimeSpan.FromMilliseconds(50);

    /// <summary>Whether a fault says that staged bytes are not what they were.</summary>
    public static bool IsLoss(ApiException e) => e.InnerException is StorageException { Store: StorageSource.Blobs, Fault: StorageFault.Corrupt };

    /// <summary>Stores an upload whose bytes are those of the digest.</summary>
    public async Task RunAsync(PushTarget target, BlobUpload upload, Digest digest, CancellationToken cancellationToken)
    {
        var (_, repositoryId) = await access.EnsureAsync(target, ImagesCodes.SaveLayerFailed, cancellationToken);
        var length = upload.Length;
        var key = BlobKeys.Of(digest);
        if (await LinkAsync(repositoryId, digest, length, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed) is LinkResult.Linked
            && await blobs.FindSizeAsync(key, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed) == length
            && await rows.FindAsync(repositoryId, digest, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed) is { } row
            && await check.IsIntactAsync(digest, row, cancellationToken))
        {
            await uploads.EndAsync(upload.Id, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed);
            await upload.AbortAsync().FaultAs(ImagesCodes.SaveLayerFailed);
        }
        else
        {
            await PublishAsync(upload, key, cancellationToken);
            await RecordAsync(repositoryId, digest, length, upload.Id, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed);
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
        var key = BlobKeys.Of(digest);
        var size = await blobs.FindSizeAsync(key, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed);
        if (target.RepositoryId is { } known
            && await rows.FindAsync(known, digest, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed) is { Corrupt: 0 } blob
            && blob.Size == size
            && await rows.RenewLeaseAsync(known, digest, blob, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed))
        {
            return true;
        }

        if (row is null)
        {
            return false;
        }

        if (size is { } published && await IsIntactAsync(key, digest, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed))
        {
            var (_, repositoryId) = await access.EnsureAsync(target, ImagesCodes.SaveLayerFailed, cancellationToken);
            await RecordAsync(repositoryId, digest, published, row.Id, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed);
            cache.ForgetBlob(repositoryId, digest);
            return true;
        }

        await uploads.ForgetLostAsync(row, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed);
        return false;
    }

    // If the collector is just removing an unused blob of the same digest, its end is waited for.
    private async Task<LinkResult> LinkAsync(long repositoryId, Digest digest, long length, CancellationToken cancellationToken)
    {
        var result = await rows.LinkAsync(repositoryId, digest, length, cancellationToken);
        if (result is not LinkResult.Removing)
        {
            return result;
        }

        using var patience = new CancellationTokenSource(s_removalPatience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        var freeing = FreeAsync(digest, either.Token);
        try
        {
            while (result is LinkResult.Removing && !patience.IsCancellationRequested)
            {
                var poll = Task.Delay(s_removalPoll, clock, cancellationToken);
                await (freeing.IsCompleted ? poll : Task.WhenAny(freeing, poll));
                result = await rows.LinkAsync(repositoryId, digest, length, cancellationToken);
            }
        }
        finally
        {
            await either.CancelAsync();
            await freeing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return result;
    }

    // Where no collector works, none will end the removal: one has died in it, or the database was away when it should have given it up.
    private async Task FreeAsync(Digest digest, CancellationToken cancellationToken)
    {
        await using var held = await collector.LockAsync(cancellationToken);
        await collector.UnclaimAsync(digest.ToString(), cancellationToken);
    }

    private async Task<bool> IsIntactAsync(BlobKey key, Digest digest, CancellationToken cancellationToken)
    {
        await using var content = await blobs.OpenAsync(key, 0, null, cancellationToken);
        return content is not null && await BlobHash.OfAsync(digest.Algorithm, content.Body, cancellationToken) == digest;
    }

    // Only bytes that lay there without a row can be on their way out now; whoever pushes again finds them gone.
    private async Task RecordAsync(long repositoryId, Digest digest, long length, string id, CancellationToken cancellationToken)
    {
        if (!await rows.AddAsync(repositoryId, digest, length, id, cancellationToken))
        {
            throw new StorageException(StorageSource.Blobs, StorageFault.Failed, $"{digest} was removed while it was pushed.");
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
