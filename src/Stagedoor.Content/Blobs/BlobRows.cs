namespace Stagedoor.Content.Blobs;

/// <summary>The blobs of a store, whoever they belong to.</summary>
public sealed class BlobRows(ContentStore content, TimeProvider clock)
{
    private const int Batch = 200;

    /// <summary>
    /// Notes what hashing the stored bytes has shown, unless the blob has been pushed or checked anew since: those were other bytes, perhaps.
    /// </summary>
    /// <param name="digest">The blob.</param>
    /// <param name="verifiedAt">What its row said, before the bytes were read, of when they were checked last.</param>
    /// <param name="intact">Whether they were those of the digest.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<int> MarkAsync(Digest digest, long verifiedAt, bool intact, CancellationToken cancellationToken) => content.Db.ExecuteAsync(
        "UPDATE blobs SET corrupt = @corrupt, verified_at = @now WHERE digest = @digest AND verified_at = @verifiedAt",
        new { digest = digest.ToString(), verifiedAt, corrupt = intact ? 0 : 1, now = clock.GetUtcNow().ToUnixTimeMilliseconds() },
        cancellationToken);

    /// <summary>The blob that was verified the longest ago, if that was before then.</summary>
    public Task<CollectedBlob?> FindUnverifiedAsync(long verifiedBefore, CancellationToken cancellationToken) => content.Db.FindAsync<CollectedBlob>(
        """
        SELECT digest, size, verified_at FROM blobs
        WHERE verified_at < @verifiedBefore AND corrupt = 0 AND removing = 0
        ORDER BY verified_at LIMIT 1
        """,
        new { verifiedBefore },
        cancellationToken);

    /// <summary>Those of the digests that have a row.</summary>
    public async Task<IReadOnlySet<string>> FindKnownAsync(IReadOnlyCollection<string> digests, CancellationToken cancellationToken)
    {
        var known = await content.Db.QueryAsync<string>(
            $"SELECT digest FROM blobs WHERE {content.Db.In("digest", "digests")}", new { digests = digests.ToArray() }, cancellationToken);
        return known.ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Some of them in the order of their digests, for comparing with the store.</summary>
    public Task<IReadOnlyList<CollectedBlob>> ListAsync(string after, CancellationToken cancellationToken) => content.Db.QueryAsync<CollectedBlob>(
        "SELECT digest, size, removing FROM blobs WHERE digest > @after AND removing = 0 ORDER BY digest LIMIT @batch",
        new { after, batch = Batch },
        cancellationToken);
}
