using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using Stagedoor.Images.Oci;
using Stagedoor.Images.Oci.Blobs;
using Stagedoor.Storage;

namespace Stagedoor.Images.Collection;

/// <summary>Removes what nothing refers to, while the registry serves: deleted tags, unused blobs, abandoned uploads, bytes without a row.</summary>
/// <remarks>
/// A blob is marked before its bytes go and its row goes after them. A crash in between leaves a marked row, which the next run finishes; a push
/// of the same digest meanwhile waits. So there is never a row that promises bytes which are not there.
/// </remarks>
internal sealed class Collector(
    CollectorStore store, IBlobStore blobs, UploadSessions sessions, RegistryCache cache, TimeProvider clock, IOptions<ImagesOptions> options)
{
    private static readonly TimeSpan s_idleHash = TimeSpan.FromHours(1);

    /// <summary>Collects once, and answers what was removed.</summary>
    /// <exception cref="StorageException">A store failed; what was removed until then stays removed.</exception>
    public async Task<Collected> CollectAsync(CancellationToken cancellationToken)
    {
        await using var held = await store.LockAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var settings = options.Value;
        var unused = now.AddMinutes(-settings.Collector.LeaseMinutes);
        var abandoned = now.AddHours(-settings.UploadHours);

        var tags = await store.RemoveTagsAsync(Milliseconds(now.AddHours(-settings.Collector.RestoreHours)), cancellationToken);
        await DropUploadsAsync(abandoned, cancellationToken);
        sessions.Trim(s_idleHash);
        if (await store.UnlinkUnusedAsync(Milliseconds(unused), Milliseconds(now), cancellationToken) > 0)
        {
            await store.ForgetCountsAsync(cancellationToken);
            cache.Invalidate();
        }

        var collected = new Collected(tags, 0, 0);
        foreach (var blob in await store.ListClaimedAsync(cancellationToken))
        {
            collected = await RemoveAsync(blob, collected, cancellationToken);
        }

        while (await store.ClaimAsync(Milliseconds(now), cancellationToken) is { Count: > 0 } claimed)
        {
            foreach (var blob in claimed)
            {
                collected = await RemoveAsync(blob, collected, cancellationToken);
            }
        }

        return await RemoveOrphansAsync(unused, collected, cancellationToken);
    }

    private static long Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    private async Task<Collected> RemoveAsync(CollectedBlob blob, Collected collected, CancellationToken cancellationToken)
    {
        await blobs.DeleteAsync(BlobKeys.Of(Digest.Parse(blob.Digest)), cancellationToken);
        await store.ForgetAsync(blob.Digest, cancellationToken);
        return collected with { Blobs = collected.Blobs + 1, Bytes = collected.Bytes + blob.Size };
    }

    // Staged bytes without a row are left by a crash between the two, or by a push of a whole blob in one request.
    private async Task DropUploadsAsync(DateTimeOffset abandoned, CancellationToken cancellationToken)
    {
        var dropped = (await store.DropUploadsAsync(Milliseconds(abandoned), cancellationToken)).ToHashSet(StringComparer.Ordinal);
        await foreach (var staged in blobs.ListUploadsAsync(cancellationToken))
        {
            if (BlobKeys.FindUploadId(staged.Id) is not { } id
                || (!dropped.Contains(id) && (staged.Modified >= abandoned || await store.HasUploadAsync(id, cancellationToken))))
            {
                continue;
            }

            sessions.Close(id);
            if (await blobs.OpenUploadAsync(staged.Id, cancellationToken) is { } upload)
            {
                await using (upload)
                {
                    await upload.AbortAsync(cancellationToken);
                }
            }
        }
    }

    // Old enough that no push can be between its bytes and its row.
    private async Task<Collected> RemoveOrphansAsync(DateTimeOffset unused, Collected collected, CancellationToken cancellationToken)
    {
        await foreach (var entry in blobs.ListAsync(BlobKeys.Prefix, cancellationToken))
        {
            if (entry.Modified < unused
                && BlobKeys.TryParse(entry.Key, out var digest)
                && !await store.HasRowAsync(digest, cancellationToken)
                && await store.ClaimOrphanAsync(digest, cancellationToken))
            {
                collected = await RemoveAsync(new() { Digest = digest.ToString(), Size = entry.Size }, collected, cancellationToken);
            }
        }

        return collected;
    }
}

/// <summary>What a collection has removed.</summary>
/// <param name="Tags">Deleted tags that can no longer be restored.</param>
/// <param name="Blobs">Blobs.</param>
/// <param name="Bytes">The blobs' bytes.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Collected(int Tags, int Blobs, long Bytes);
