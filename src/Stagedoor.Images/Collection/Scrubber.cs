using Microsoft.Extensions.Options;
using Stagedoor.Images.Blobs;
using Stagedoor.Images.Repositories;
using Stagedoor.Storage;

namespace Stagedoor.Images.Collection;

/// <summary>Hashes stored blobs again, the longest unchecked first, and marks those whose bytes have changed.</summary>
internal sealed class Scrubber(CollectorStore store, BlobRows rows, IBlobStore blobs, RegistryCache cache, TimeProvider clock, IOptions<ImagesOptions> options)
{
    /// <summary>Checks one blob that is due; null when none is.</summary>
    /// <returns>Whether its bytes were those of its digest.</returns>
    public async Task<(Digest Digest, bool IsIntact)?> ScrubOneAsync(CancellationToken cancellationToken)
    {
        var due = clock.GetUtcNow().AddDays(-options.Value.Scrubber.MaxAgeDays).ToUnixTimeMilliseconds();
        if (await store.FindUnverifiedAsync(due, cancellationToken) is not { } blob)
        {
            return null;
        }

        var digest = Digest.Parse(blob.Digest);
        var intact = await IsIntactAsync(digest, blob.Size, cancellationToken);
        await rows.MarkAsync(digest, intact, cancellationToken);
        if (!intact)
        {
            cache.Invalidate();
        }

        return (digest, intact);
    }

    private async Task<bool> IsIntactAsync(Digest digest, long size, CancellationToken cancellationToken)
    {
        await using var content = await blobs.OpenAsync(BlobKeys.Of(digest), 0, null, cancellationToken);
        if (content is null || content.Size != size)
        {
            return false;
        }

        return await BlobHash.OfAsync(digest.Algorithm, content.Body, cancellationToken) == digest;
    }
}
