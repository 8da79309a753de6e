namespace Stagedoor.Images.Collection;

/// <summary>What the collector asks and decides in the database. Every decision is one statement, so that a push sees it or is seen by it.</summary>
internal sealed class CollectorStore(ImagesDb db)
{
    private const int Batch = 200;

    /// <summary>One collector at a time in the whole installation.</summary>
    public Task<IAsyncDisposable> LockAsync(CancellationToken cancellationToken) => db.LockAsync("collector", cancellationToken);

    /// <summary>Forgets tags that were deleted before then.</summary>
    public Task<int> RemoveTagsAsync(long deletedBefore, CancellationToken cancellationToken) =>
        db.ExecuteAsync("DELETE FROM tags WHERE deleted_at < @deletedBefore", new { deletedBefore }, cancellationToken);

    /// <summary>Takes blobs out of repositories where no manifest refers to them and no one has used them lately.</summary>
    public Task<int> UnlinkUnusedAsync(long usedBefore, long now, CancellationToken cancellationToken)
    {
        const string Sql = """
            DELETE FROM blob_links
            WHERE used_at < @usedBefore
              AND NOT EXISTS (
                SELECT 1 FROM blob_refs r
                WHERE r.repository_id = blob_links.repository_id AND r.digest = blob_links.digest AND r.ref_count > 0)
              AND NOT EXISTS (SELECT 1 FROM blobs b WHERE b.digest = blob_links.digest AND b.leased_until >= @now)
            """;

        return db.ExecuteAsync(Sql, new { usedBefore, now }, cancellationToken);
    }

    public Task<int> ForgetCountsAsync(CancellationToken cancellationToken) =>
        db.ExecuteAsync("DELETE FROM blob_refs WHERE ref_count <= 0", null, cancellationToken);

    /// <summary>Marks some blobs that are in no repository and not protected; from then on no push can refer to them.</summary>
    public Task<IReadOnlyList<CollectedBlob>> ClaimAsync(long now, CancellationToken cancellationToken)
    {
        const string Sql = """
            UPDATE blobs SET removing = 1
            WHERE digest IN (SELECT b.digest FROM blobs b WHERE b.leased_until < @now AND b.removing = 0
                AND NOT EXISTS (SELECT 1 FROM blob_links l WHERE l.digest = b.digest) LIMIT @batch)
              AND leased_until < @now AND removing = 0
              AND NOT EXISTS (SELECT 1 FROM blob_links l WHERE l.digest = blobs.digest)
            RETURNING digest, size
            """;

        return db.TransactAsync(session => session.QueryAsync<CollectedBlob>(Sql, new { now, batch = Batch }), cancellationToken);
    }

    /// <summary>Blobs whose removal was begun, by a collector that did not come to its end.</summary>
    public Task<IReadOnlyList<CollectedBlob>> ListClaimedAsync(CancellationToken cancellationToken) =>
        db.QueryAsync<CollectedBlob>("SELECT digest, size FROM blobs WHERE removing = 1", null, cancellationToken);

    /// <summary>Marks bytes without a row; false when there is a row after all.</summary>
    public async Task<bool> ClaimOrphanAsync(Digest digest, CancellationToken cancellationToken) => await db.ExecuteAsync(
        """
        INSERT INTO blobs (digest, size, corrupt, removing, leased_until, verified_at, created_at) VALUES (@digest, 0, 0, 1, 0, 0, 0)
        ON CONFLICT (digest) DO NOTHING
        """,
        new { digest = digest.ToString() },
        cancellationToken) == 1;

    /// <summary>Removes the row of a blob whose bytes are gone.</summary>
    public Task<int> ForgetAsync(string digest, CancellationToken cancellationToken) =>
        db.ExecuteAsync("DELETE FROM blobs WHERE digest = @digest AND removing = 1", new { digest }, cancellationToken);

    public async Task<bool> HasRowAsync(Digest digest, CancellationToken cancellationToken) => await db.FindAsync<long>(
        "SELECT COUNT(*) FROM blobs WHERE digest = @digest", new { digest = digest.ToString() }, cancellationToken) > 0;

    /// <summary>Takes away the rows of uploads that nobody has written to since then, and names them.</summary>
    public Task<IReadOnlyList<string>> DropUploadsAsync(long updatedBefore, CancellationToken cancellationToken) => db.TransactAsync(
        session => session.QueryAsync<string>(
            "DELETE FROM blob_uploads WHERE updated_at < @updatedBefore RETURNING id", new { updatedBefore }),
        cancellationToken);

    public async Task<bool> HasUploadAsync(string id, CancellationToken cancellationToken) =>
        await db.FindAsync<long>("SELECT COUNT(*) FROM blob_uploads WHERE id = @id", new { id }, cancellationToken) > 0;

    /// <summary>The blob that was verified the longest ago, if that was before then.</summary>
    public Task<CollectedBlob?> FindUnverifiedAsync(long verifiedBefore, CancellationToken cancellationToken) => db.FindAsync<CollectedBlob>(
        """
        SELECT digest, size FROM blobs
        WHERE verified_at < @verifiedBefore AND corrupt = 0 AND removing = 0
        ORDER BY verified_at LIMIT 1
        """,
        new { verifiedBefore },
        cancellationToken);
}

/// <summary>A blob as the collector sees it.</summary>
internal sealed record CollectedBlob
{
    public string Digest { get; init; } = "";

    public long Size { get; init; }
}
