namespace Stagedoor.Content.Blobs;

/// <summary>
/// Whether a stored blob may be handed out, in whole or in part. Hashing every read would cost as much as sending it: one that was not written to
/// since its digest was last checked is sent as it is, and silent decay of the disk is for the scrubber to find. One that was is hashed first.
/// </summary>
public sealed class BlobCheck(ContentStore content, BlobRows rows, IEnumerable<IBlobOwner> owners)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(Digest Digest, long VerifiedAt), Task<bool>> _running = [];

    /// <summary>False when its bytes are not those of its digest.</summary>
    public async ValueTask<bool> IsIntactAsync(Digest digest, BlobRow row, CancellationToken cancellationToken)
    {
        if (row.Corrupt != 0)
        {
            return false;
        }

        var written = await content.Blobs.FindWriteTimeAsync(content.Keys.Of(digest), cancellationToken);
        if (written is null || written.Value.ToUnixTimeMilliseconds() <= row.VerifiedAt)
        {
            return true;
        }

        return await FindRunningAsync(digest, row).WaitAsync(cancellationToken);
    }

    // Whoever asks meanwhile waits for the same hash, and whoever goes away does not end it. What has been pushed anew since is hashed anew.
    private Task<bool> FindRunningAsync(Digest digest, BlobRow row)
    {
        lock (_gate)
        {
            if (!_running.TryGetValue((digest, row.VerifiedAt), out var hashing))
            {
                hashing = HashAsync(digest, row);
                _running.Add((digest, row.VerifiedAt), hashing);
            }

            return hashing;
        }
    }

    private async Task<bool> HashAsync(Digest digest, BlobRow row)
    {
        // Not a step of it before it is known to be running.
        await Task.Yield();
        try
        {
            var intact = await content.HoldsAsync(digest, row.Size, CancellationToken.None);
            await rows.MarkAsync(digest, row.VerifiedAt, intact, CancellationToken.None);
            foreach (var owner in owners)
            {
                owner.Forget();
            }

            return intact;
        }
        finally
        {
            lock (_gate)
            {
                _running.Remove((digest, row.VerifiedAt));
            }
        }
    }
}
