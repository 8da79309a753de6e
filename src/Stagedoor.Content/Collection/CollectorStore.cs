using Stagedoor.Content.Blobs;
using Stagedoor.Storage;

namespace Stagedoor.Content.Collection;

/// <summary>
/// What the collector asks and decides in the database. Every decision is one statement, so that a push sees it or is seen by it, and goes by the
/// database's clock, which all replicas share.
/// </summary>
public sealed class CollectorStore
{
    /// <summary>The lock of the module's database without which nothing is removed from the blob store.</summary>
    public const string Lock = "collector";

    private const int Batch = 200;

    /// <summary>
    /// How many blobs are claimed at a time: a push of a digest that is claimed waits until the bytes are gone, and need not wait for many.
    /// </summary>
    internal const int ClaimBatch = 20;

    private const int Page = 1000;

    private readonly Db _db;
    private readonly IReadOnlyList<BlobLinkTable> _links;

    public CollectorStore(ContentStore content, IEnumerable<IBlobOwner> owners)
    {
        (_db, _links) = (content.Db, [.. owners.Select(static o => o.Links)]);
        if (_links.Count == 0)
        {
            throw new InvalidOperationException($"Nobody says what is needed of the blobs of {content.Settings.Name}: all of them would be removed.");
        }
    }

    /// <summary>One collector at a time in the whole installation.</summary>
    public Task<IAsyncDisposable> LockAsync(CancellationToken cancellationToken) => _db.LockAsync(Lock, cancellationToken);

    /// <summary>What the database's clock shows.</summary>
    public Task<long> ReadClockAsync(CancellationToken cancellationToken) => _db.ReadClockAsync(cancellationToken);

    /// <summary>
    /// Goes through all blobs, some at a time, and tells which of these no owner has and nothing protects. It only looks: whoever writes does not wait for a
    /// look at many blobs that are all needed.
    /// </summary>
    /// <param name="after">The last digest of the page before; empty for the first.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <returns>The digests, and the last that was looked at; null behind the last page.</returns>
    internal async Task<(IReadOnlyList<string> Unused, string? Last)> ListUnusedAsync(string after, CancellationToken cancellationToken)
    {
        var page = await _db.QueryAsync<LookedBlob>(
            $"""
            SELECT b.digest, CAST(CASE WHEN {IsUnused("b")} THEN 1 ELSE 0 END AS BIGINT) AS is_unused
            FROM blobs b WHERE b.digest > @after ORDER BY b.digest LIMIT {Page}
            """,
            new { after },
            cancellationToken);
        return ([.. page.Where(static b => b.IsUnused == 1).Select(static b => b.Digest)], page.Count == 0 ? null : page[^1].Digest);
    }

    /// <summary>Marks those of the blobs that no owner has and nothing protects; from then on no push can refer to them.</summary>
    public Task<IReadOnlyList<CollectedBlob>> ClaimAsync(IReadOnlyCollection<string> digests, CancellationToken cancellationToken)
    {
        var sql = $"""
            UPDATE blobs SET removing = {CollectedBlob.Delete} WHERE {_db.In("digest", nameof(digests))} AND {IsUnused("blobs")}
            RETURNING digest, size, removing
            """;

        return _db.TransactAsync(session => session.QueryAsync<CollectedBlob>(sql, new { digests = digests.ToArray() }), cancellationToken);
    }

    /// <summary>Blobs whose removal was begun, by a collector that did not come to its end.</summary>
    public Task<IReadOnlyList<CollectedBlob>> ListClaimedAsync(CancellationToken cancellationToken) =>
        _db.QueryAsync<CollectedBlob>("SELECT digest, size, removing FROM blobs WHERE removing <> 0", null, cancellationToken);

    /// <summary>
    /// Marks bytes without a row for being set aside; false when there is a row after all, or somebody is just pushing them. Holds the note of them
    /// against that one (<see cref="BlobLinks.WelcomeAsync(Digest, CancellationToken)"/>).
    /// </summary>
    public async Task<bool> ClaimOrphanAsync(string digest, CollectedObject found, CancellationToken cancellationToken) => await _db.ExecuteAsync(
        $"""
        INSERT INTO blobs (digest, size, corrupt, removing, leased_until, verified_at, created_at)
        SELECT @digest, size, 0, {CollectedBlob.SetAside}, 0, 0, 0 FROM unrecorded WHERE name = @Name{_db.ForUpdate}
        ON CONFLICT (digest) DO NOTHING
        """,
        new { digest, found.Name },
        cancellationToken) == 1;

    /// <summary>
    /// Gives a claim back: the row is as it was before, or there is none again. Only for who holds the collector's lock: no removal runs then, so
    /// that the claim is one that its collector could not end.
    /// </summary>
    public Task<int> UnclaimAsync(string digest, CancellationToken cancellationToken) =>
        _db.TransactAsync(session => UnclaimAsync(session, digest), cancellationToken);

    /// <summary>Removes the rows of blobs whose bytes are gone, and gives back the claims on those that are left.</summary>
    public Task<int> SettleAsync(IReadOnlyCollection<string> gone, IReadOnlyCollection<string> left, CancellationToken cancellationToken) => _db.TransactAsync(
        async session =>
        {
            await session.ExecuteAsync($"DELETE FROM blobs WHERE {_db.In("digest", nameof(gone))} AND removing <> 0", new { gone = gone.ToArray() });
            foreach (var digest in left)
            {
                await UnclaimAsync(session, digest);
            }

            return gone.Count;
        },
        cancellationToken);

    /// <summary>
    /// Notes what this run has found without a row. Since when it is known: what was written meanwhile, by the store's own time, begins anew.
    /// </summary>
    public Task<int> NoteUnrecordedAsync(IReadOnlyCollection<UnrecordedObject> found, long run, CancellationToken cancellationToken) => _db.TransactAsync(
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
        _db.ExecuteAsync("DELETE FROM unrecorded WHERE run <> @run", new { run }, cancellationToken);

    /// <summary>How many objects of that prefix have been without a row since then.</summary>
    public Task<long> CountUnrecordedAsync(string prefix, long seenBefore, CancellationToken cancellationToken) => _db.FindAsync<long>(
        "SELECT COUNT(*) FROM unrecorded WHERE name LIKE @pattern AND seen_at <= @seenBefore", new { pattern = prefix + "%", seenBefore }, cancellationToken);

    /// <summary>Some of them, in the order of their names.</summary>
    public Task<IReadOnlyList<CollectedObject>> ListUnrecordedAsync(string prefix, long seenBefore, string after, CancellationToken cancellationToken) =>
        _db.QueryAsync<CollectedObject>(
            "SELECT name, size FROM unrecorded WHERE name LIKE @pattern AND seen_at <= @seenBefore AND name > @after ORDER BY name LIMIT @batch",
            new { pattern = prefix + "%", seenBefore, after, batch = Batch },
            cancellationToken);

    public Task<int> ForgetUnrecordedAsync(string name, CancellationToken cancellationToken) =>
        _db.ExecuteAsync("DELETE FROM unrecorded WHERE name = @name", new { name }, cancellationToken);

    private static async Task<int> UnclaimAsync(DbSession session, string digest)
    {
        await session.ExecuteAsync($"UPDATE blobs SET removing = 0 WHERE digest = @digest AND removing = {CollectedBlob.Delete}", new { digest });
        return await session.ExecuteAsync($"DELETE FROM blobs WHERE digest = @digest AND removing = {CollectedBlob.SetAside}", new { digest });
    }

    private string IsUnused(string blobs) => string.Join(
        " AND ",
        _links.Select(t => $"NOT EXISTS (SELECT 1 FROM {t.Name} l WHERE l.digest = {blobs}.digest)")
            .Prepend($"{blobs}.leased_until < {_db.Now} AND {blobs}.removing = 0"));

    private sealed record LookedBlob
    {
        public string Digest { get; init; } = "";

        public long IsUnused { get; init; }
    }
}

/// <summary>An object of the store without a row.</summary>
/// <param name="Name">Its key, or the id of a staged upload.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Modified">When it was written, by the store's clock.</param>
public readonly record struct UnrecordedObject(string Name, long Size, long Modified);

/// <summary>An object that is to be collected.</summary>
public sealed record CollectedObject
{
    public string Name { get; init; } = "";

    public long Size { get; init; }
}
