using Stagedoor.Images.Blobs;

namespace Stagedoor.Images.Collection;

/// <summary>
/// What the collector asks and decides in the database. Every decision is one statement, so that a push sees it or is seen by it, and goes by the
/// database's clock, which all replicas share.
/// </summary>
internal sealed class CollectorStore(ImagesDb db)
{
    private const int Batch = 200;

    // A push of a digest that is claimed waits until the bytes are gone: few at a time, so that it need not wait for many.
    private const int ClaimBatch = 10;

    /// <summary>One collector at a time in the whole installation.</summary>
    public Task<IAsyncDisposable> LockAsync(CancellationToken cancellationToken) => db.LockAsync("collector", cancellationToken);

    /// <summary>What the database's clock shows.</summary>
    public Task<long> ReadClockAsync(CancellationToken cancellationToken) => db.ReadClockAsync(cancellationToken);

    /// <summary>Forgets tags that were deleted longer ago than that.</summary>
    public Task<int> RemoveTagsAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        var isOver = $"deleted_at < {db.Now} - @age";
        return InPortionsAsync(
            $"DELETE FROM tags WHERE {isOver} AND (repository_id, name) IN (SELECT repository_id, name FROM tags WHERE {isOver} LIMIT {Batch})",
            new { age = Milliseconds(age) },
            cancellationToken);
    }

    /// <summary>
    /// Takes blobs out of repositories where no manifest refers to them and nobody was told of them lately. While something is uploaded to a
    /// repository, what it was told of before is left alone for longer (<see cref="BlobRows"/>).
    /// </summary>
    /// <param name="lease">How long each is left alone.</param>
    /// <param name="longest">How long at most while uploads go on.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<int> UnlinkUnusedAsync(TimeSpan lease, TimeSpan longest, CancellationToken cancellationToken)
    {
        var isUnused = $"""
            used_at < {db.Now} - @lease
          AND NOT EXISTS (
            SELECT 1 FROM blob_refs r
            WHERE r.repository_id = blob_links.repository_id AND r.digest = blob_links.digest AND r.ref_count > 0)
          AND NOT EXISTS (SELECT 1 FROM blobs b WHERE b.digest = blob_links.digest AND b.leased_until >= {db.Now})
          AND (used_at < {db.Now} - @longest OR NOT EXISTS (
            SELECT 1 FROM repositories p JOIN organizations o ON o.id = p.organization_id JOIN upload_owners u ON u.owner = o.name || '/' || p.name
            WHERE p.id = blob_links.repository_id AND u.active_at >= {db.Now} - @lease))
        """;

        // Asked again of each row that is deleted: it may have been used while the statement waited for it.
        return InPortionsAsync(
            $"""
            DELETE FROM blob_links
            WHERE {isUnused} AND (repository_id, digest) IN (SELECT repository_id, digest FROM blob_links WHERE {isUnused} LIMIT {Batch})
            """,
            new { lease = Milliseconds(lease), longest = Milliseconds(longest) },
            cancellationToken);
    }

    public Task<int> ForgetCountsAsync(CancellationToken cancellationToken) => InPortionsAsync(
        $"""
        DELETE FROM blob_refs
        WHERE ref_count <= 0 AND (repository_id, digest) IN (SELECT repository_id, digest FROM blob_refs WHERE ref_count <= 0 LIMIT {Batch})
        """,
        null,
        cancellationToken);

    /// <summary>Marks some blobs that are in no repository and not protected; from then on no push can refer to them.</summary>
    public Task<IReadOnlyList<CollectedBlob>> ClaimAsync(CancellationToken cancellationToken)
    {
        var sql = $"""
            UPDATE blobs SET removing = {CollectedBlob.Delete}
            WHERE digest IN (SELECT b.digest FROM blobs b WHERE b.leased_until < {db.Now} AND b.removing = 0
                AND NOT EXISTS (SELECT 1 FROM blob_links l WHERE l.digest = b.digest) LIMIT @batch)
              AND leased_until < {db.Now} AND removing = 0
              AND NOT EXISTS (SELECT 1 FROM blob_links l WHERE l.digest = blobs.digest)
            RETURNING digest, size, removing
            """;

        return db.TransactAsync(session => session.QueryAsync<CollectedBlob>(sql, new { batch = ClaimBatch }), cancellationToken);
    }

    /// <summary>Blobs whose removal was begun, by a collector that did not come to its end.</summary>
    public Task<IReadOnlyList<CollectedBlob>> ListClaimedAsync(CancellationToken cancellationToken) =>
        db.QueryAsync<CollectedBlob>("SELECT digest, size, removing FROM blobs WHERE removing <> 0", null, cancellationToken);

    /// <summary>Marks bytes without a row for being set aside; false when there is a row after all.</summary>
    public async Task<bool> ClaimOrphanAsync(string digest, long size, CancellationToken cancellationToken) => await db.ExecuteAsync(
        $"""
        INSERT INTO blobs (digest, size, corrupt, removing, leased_until, verified_at, created_at) VALUES (@digest, @size, 0, {CollectedBlob.SetAside}, 0, 0, 0)
        ON CONFLICT (digest) DO NOTHING
        """,
        new { digest, size },
        cancellationToken) == 1;

    /// <summary>
    /// Gives a claim back: the row is as it was before, or there is none again. Only for who holds the collector's lock: no removal runs then, so
    /// that the claim is one that its collector could not end.
    /// </summary>
    public Task<int> UnclaimAsync(string digest, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            await session.ExecuteAsync($"UPDATE blobs SET removing = 0 WHERE digest = @digest AND removing = {CollectedBlob.Delete}", new { digest });
            return await session.ExecuteAsync($"DELETE FROM blobs WHERE digest = @digest AND removing = {CollectedBlob.SetAside}", new { digest });
        },
        cancellationToken);

    /// <summary>Removes the row of a blob whose bytes are gone.</summary>
    public Task<int> ForgetAsync(string digest, CancellationToken cancellationToken) =>
        db.ExecuteAsync("DELETE FROM blobs WHERE digest = @digest AND removing <> 0", new { digest }, cancellationToken);

    /// <summary>Those of the digests that have a row.</summary>
    public async Task<HashSet<string>> FindKnownAsync(IReadOnlyCollection<string> digests, CancellationToken cancellationToken) =>
        [.. await db.QueryAsync<string>($"SELECT digest FROM blobs WHERE {db.In("digest", "digests")}", new { digests = digests.ToArray() }, cancellationToken)];

    /// <summary>
    /// Notes what this run has found without a row. Since when it is known: what was written meanwhile, by the store's own time, begins anew.
    /// </summary>
    public Task<int> NoteUnrecordedAsync(IReadOnlyCollection<UnrecordedObject> found, long run, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            foreach (var (name, size, modified) in found)
            {
                await session.ExecuteAsync(
                    """
                    INSERT INTO unrecorded (name, size, modified, seen_at, run) VALUES (@name, @size, @modified, @run, @run)
                    ON CONFLICT (name) DO UPDATE SET
                        seen_at = CASE WHEN unrecorded.modified = @modified THEN unrecorded.seen_at ELSE @run END, size = @size, modified = @modified, run = @run
                    """,
                    new { name, size, modified, run });
            }

            return found.Count;
        },
        cancellationToken);

    /// <summary>Forgets what this run has not found any more.</summary>
    public Task<int> ForgetOthersAsync(long run, CancellationToken cancellationToken) =>
        db.ExecuteAsync("DELETE FROM unrecorded WHERE run <> @run", new { run }, cancellationToken);

    /// <summary>How many objects of that prefix have been without a row since then.</summary>
    public Task<long> CountUnrecordedAsync(string prefix, long seenBefore, CancellationToken cancellationToken) => db.FindAsync<long>(
        "SELECT COUNT(*) FROM unrecorded WHERE name LIKE @pattern AND seen_at <= @seenBefore", new { pattern = prefix + "%", seenBefore }, cancellationToken);

    /// <summary>Some of them, in the order of their names.</summary>
    public Task<IReadOnlyList<CollectedObject>> ListUnrecordedAsync(string prefix, long seenBefore, string after, CancellationToken cancellationToken) =>
        db.QueryAsync<CollectedObject>(
            "SELECT name, size FROM unrecorded WHERE name LIKE @pattern AND seen_at <= @seenBefore AND name > @after ORDER BY name LIMIT @batch",
            new { pattern = prefix + "%", seenBefore, after, batch = Batch },
            cancellationToken);

    public Task<int> ForgetUnrecordedAsync(string name, CancellationToken cancellationToken) =>
        db.ExecuteAsync("DELETE FROM unrecorded WHERE name = @name", new { name }, cancellationToken);

    /// <summary>The blob that was verified the longest ago, if that was before then.</summary>
    public Task<CollectedBlob?> FindUnverifiedAsync(long verifiedBefore, CancellationToken cancellationToken) => db.FindAsync<CollectedBlob>(
        """
        SELECT digest, size FROM blobs
        WHERE verified_at < @verifiedBefore AND corrupt = 0 AND removing = 0
        ORDER BY verified_at LIMIT 1
        """,
        new { verifiedBefore },
        cancellationToken);

    /// <summary>Some rows of blobs in the order of their digests, for comparing with the store.</summary>
    public Task<IReadOnlyList<CollectedBlob>> ListBlobsAsync(string after, CancellationToken cancellationToken) => db.QueryAsync<CollectedBlob>(
        "SELECT digest, size, removing FROM blobs WHERE digest > @after AND removing = 0 ORDER BY digest LIMIT @batch", new { after, batch = Batch }, cancellationToken);

    // So that no write grows with what is stored: on SQLite others wait for it.
    private async Task<int> InPortionsAsync(string sql, object? arguments, CancellationToken cancellationToken)
    {
        var (all, some) = (0, Batch);
        while (some == Batch)
        {
            some = await db.ExecuteAsync(sql, arguments, cancellationToken);
            all += some;
        }

        return all;
    }

    private static long Milliseconds(TimeSpan time) => (long)time.TotalMilliseconds;
}

/// <summary>A blob as the collector sees it.</summary>
internal sealed record CollectedBlob
{
    /// <summary>The bytes go: a row had said that nothing needs them.</summary>
    public const long Delete = 1;

    /// <summary>The bytes go aside: there was no row.</summary>
    public const long SetAside = 2;

    public string Digest { get; init; } = "";

    public long Size { get; init; }

    /// <summary>What becomes of the bytes; 0 for nothing.</summary>
    public long Removing { get; init; }
}

/// <summary>An object of the store without a row.</summary>
/// <param name="Name">Its key, or the id of a staged upload.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Modified">When it was written, by the store's clock.</param>
internal readonly record struct UnrecordedObject(string Name, long Size, long Modified);

/// <summary>An object that is to be collected.</summary>
internal sealed record CollectedObject
{
    public string Name { get; init; } = "";

    public long Size { get; init; }
}
