using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Stagedoor.Images.Manifests;
using Stagedoor.Storage;

namespace Stagedoor.Images.Sync;

/// <summary>Copies what manifests refer to: layer by layer, each in parts, and only what is missing there.</summary>
internal sealed class CopyContent(SyncStore store, ManifestStore manifests, BlobLinks links, ContentStore content, IOptions<SyncOptions> options)
{
    private const int BufferBytes = 128 * 1024;

    /// <summary>Copies what a manifest refers to, so that the target takes it.</summary>
    public async Task<StoredManifest> PrepareAsync(CopyAttempt attempt, string digest, CancellationToken cancellationToken)
    {
        var manifest = await manifests.FindAsync(attempt.Copy.RepositoryId, digest, cancellationToken) ?? throw new RemoteException($"{digest} was deleted while it was copied");
        var document = ManifestDocument.Parse(manifest.Content, manifest.MediaType);
        foreach (var reference in document.References.DistinctBy(static r => r.Digest))
        {
            var child = document.IsIndex ? await manifests.FindAsync(attempt.Copy.RepositoryId, reference.Digest.ToString(), cancellationToken) : null;
            if (child is not null)
            {
                if (attempt.Done.Add(child.Digest) && await attempt.Remote.FindManifestAsync(child.Digest, cancellationToken) is null)
                {
                    await PrepareAsync(attempt, child.Digest, cancellationToken);
                    await attempt.Remote.PutManifestAsync(child.Digest, child.MediaType, child.Content, replaces: true, cancellationToken);
                }
            }
            else if (attempt.Done.Add(reference.Digest.ToString()))
            {
                // What is not of this repository is not sent, though another may have it: to name a digest is no right to its bytes.
                if (await links.FindAsync(attempt.Copy.RepositoryId, reference.Digest, cancellationToken) is not null || (!document.IsIndex && reference.IsRequired))
                {
                    await CopyBlobAsync(attempt, reference, cancellationToken);
                }
                else if (document.IsIndex)
                {
                    attempt.Absent++;
                }
            }
        }

        return manifest;
    }

    private async Task CopyBlobAsync(CopyAttempt attempt, ManifestDescriptor blob, CancellationToken cancellationToken)
    {
        var key = content.Keys.Of(blob.Digest);
        if (await attempt.Remote.HasBlobAsync(blob.Digest, cancellationToken))
        {
            return;
        }

        if (await content.Blobs.FindSizeAsync(key, cancellationToken) is not { } size)
        {
            throw new StorageException(StorageSource.Blobs, StorageFault.Corrupt, $"The bytes of {blob.Digest} are not in the store.");
        }

        var upload = await ResumeAsync(attempt, blob.Digest, cancellationToken);
        if (upload is null)
        {
            var holder = await store.FindHolderAsync(attempt.Copy, blob.Digest, cancellationToken);
            if (await attempt.Remote.BeginAsync(blob.Digest, holder, cancellationToken) is not { } begun)
            {
                return;
            }

            upload = (begun, 0);
            await ReportAsync(attempt, blob.Digest, begun, cancellationToken);
        }

        var (location, received) = upload.Value;
        while (received < size)
        {
            var (offset, length) = (received, Math.Min(options.Value.ChunkBytes, size - received));
            (location, received) = await attempt.Remote.AppendAsync(
                location, offset, length, (stream, progress, stop) => WriteAsync(key, offset, length, stream, progress, stop), cancellationToken);
            if (received <= offset)
            {
                throw new RemoteException("the target does not go on with the upload");
            }

            attempt.Bytes += received - offset;
            await ReportAsync(attempt, blob.Digest, location, cancellationToken);
            await store.NoteAsync(
                attempt.Copy, string.Create(CultureInfo.InvariantCulture, $"{attempt.Blobs} blobs sent, {received} of {size} bytes of {blob.Digest}"), cancellationToken);
        }

        await attempt.Remote.FinishAsync(location, blob.Digest, cancellationToken);
        attempt.Blobs++;
    }

    private static async Task<(Uri Location, long Received)?> ResumeAsync(CopyAttempt attempt, Digest digest, CancellationToken cancellationToken)
    {
        if (attempt.TakeKnownUpload(digest) is not { } location)
        {
            return null;
        }

        return await attempt.Remote.FindUploadAsync(location, cancellationToken);
    }

    private static Task ReportAsync(CopyAttempt attempt, Digest digest, Uri location, CancellationToken cancellationToken) => attempt.Run.ReportAsync(
        JsonSerializer.Serialize(new SyncProgress(digest.ToString(), location.OriginalString), SyncJson.Wire.SyncProgress), cancellationToken);

    private async Task WriteAsync(BlobKey key, long offset, long length, Stream stream, Action progress, CancellationToken cancellationToken)
    {
        await using var blob = await content.Blobs.OpenAsync(key, offset, length, cancellationToken)
            ?? throw new StorageException(StorageSource.Blobs, StorageFault.Corrupt, "The bytes of a layer have gone from the store.");
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (var left = length; left > 0;)
            {
                var read = await blob.Body.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), cancellationToken);
                if (read == 0)
                {
                    throw new StorageException(StorageSource.Blobs, StorageFault.Corrupt, "The bytes of a layer have become fewer in the store.");
                }

                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                left -= read;
                progress();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
