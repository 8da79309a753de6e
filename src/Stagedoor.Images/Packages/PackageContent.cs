using Stagedoor.Errors;
using Stagedoor.Storage;

namespace Stagedoor.Images.Packages;

/// <summary>The bytes of files and meta files. They lie under their digests in the blob store, where every replica has them.</summary>
internal sealed class PackageContent(ContentStore content, BlobUploads uploads, BlobCheck check, CollectorStore collector, IdSource ids, TimeProvider clock)
{
    private readonly BlobLinks _links = new(content, PackageBlobs.Table, clock);

    private BlobPublisher Publisher => field ??= new(content, _links, collector, clock);

    /// <summary>Begins to take bytes in for a repository.</summary>
    public Task<BlobUpload> BeginAsync(long repositoryId, CancellationToken cancellationToken) =>
        uploads.BeginWholeAsync(ids.NewGuid().ToString("D"), $"packages:{repositoryId}", cancellationToken);

    /// <summary>Makes what was uploaded a blob of the repository; nothing refers to it yet.</summary>
    /// <param name="repositoryId">The repository.</param>
    /// <param name="upload">The bytes.</param>
    /// <param name="digest">Their digest.</param>
    /// <param name="failed">What it is called when the store does not take them.</param>
    /// <param name="notRecorded">What it is called when the database does not.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when the repository is gone.</returns>
    public async Task<bool> StoreAsync(
        long repositoryId, BlobUpload upload, Digest digest, ErrorDefinition failed, ErrorDefinition notRecorded, CancellationToken cancellationToken)
    {
        var length = upload.Length;
        var (isThere, blob) = await Publisher.TakeAsync(repositoryId, digest, length, cancellationToken).BytesFaultAs(failed, notRecorded);
        if (!isThere)
        {
            return false;
        }

        // What lies there and was written to since it was checked is hashed before anybody relies on it.
        if (blob is not null && await check.IsIntactAsync(digest, blob, cancellationToken).AsTask().BytesFaultAs(ImagesCodes.HashFileFailed, notRecorded))
        {
            await uploads.EndAsync(upload.Id, cancellationToken).BytesFaultAs(failed, notRecorded);
            await upload.AbortAsync().BytesFaultAs(failed, notRecorded);
            return true;
        }

        await upload.PublishAsync(content.Keys.Of(digest), cancellationToken).BytesFaultAs(failed, notRecorded);
        return await Publisher.RecordAsync(repositoryId, digest, length, upload.Id, cancellationToken).BytesFaultAs(failed, notRecorded);
    }

    /// <summary>The blob, when it is one of the repository's.</summary>
    public Task<BlobRow?> FindAsync(long repositoryId, Digest digest, CancellationToken cancellationToken) => _links.FindAsync(repositoryId, digest, cancellationToken);

    /// <summary>Opens a blob or a part of it; null when its bytes are not in the store.</summary>
    public Task<BlobContent?> OpenAsync(Digest digest, long offset, long length, CancellationToken cancellationToken) =>
        content.Blobs.OpenAsync(content.Keys.Of(digest), offset, length, cancellationToken);

    /// <summary>How many bytes are in the store; null when there are none.</summary>
    public Task<long?> FindSizeAsync(Digest digest, CancellationToken cancellationToken) => content.Blobs.FindSizeAsync(content.Keys.Of(digest), cancellationToken);

    /// <summary>Whether the bytes may be sent: they were not written to since they were known to be those of the digest, or are so again.</summary>
    public Task<bool> IsIntactAsync(Digest digest, BlobRow row, CancellationToken cancellationToken) => check.IsIntactAsync(digest, row, cancellationToken).AsTask();

    /// <summary>Whether the bytes are those of the digest, which takes reading them.</summary>
    public Task<bool> HoldsAsync(Digest digest, long size, CancellationToken cancellationToken) => content.HoldsAsync(digest, size, cancellationToken);
}
