using Stagedoor.Content.Blobs;

namespace Stagedoor.Content.Collection;

/// <summary>Hashes stored blobs again, the longest unchecked first, and marks those whose bytes have changed.</summary>
public sealed class Scrubber(ContentStore content, BlobRows rows, IEnumerable<IBlobOwner> owners, TimeProvider clock)
{
    /// <summary>Checks one blob that is due; null when none is.</summary>
    /// <returns>Whether its bytes were those of its digest.</returns>
    public async Task<(Digest Digest, bool IsIntact)?> ScrubOneAsync(CancellationToken cancellationToken)
    {
        var due = (clock.GetUtcNow() - content.Settings.MaxUnverified).ToUnixTimeMilliseconds();
        if (await rows.FindUnverifiedAsync(due, cancellationToken) is not { } blob)
        {
            return null;
        }

        var digest = Digest.Parse(blob.Digest);
        var intact = await content.HoldsAsync(digest, blob.Size, cancellationToken);
        await rows.MarkAsync(digest, blob.VerifiedAt, intact, cancellationToken);
        if (!intact)
        {
            foreach (var owner in owners)
            {
                owner.Forget();
            }
        }

        return (digest, intact);
    }
}
