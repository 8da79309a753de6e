using Stagedoor.Content.Uploads;
using Stagedoor.Storage;

namespace Stagedoor.Content.Blobs;

/// <summary>
/// Which blobs the owners of one kind have, and for how long both are left alone. All leases are kept here, by the clock of the database, which is
/// the only one that replicas have in common.
/// </summary>
/// <remarks>
/// A blob that a client was told is there (uploaded, mounted, asked for by HEAD) must outlast the push that relies on it. Its link bears the time of
/// that telling (<c>used_at</c>). It is left alone for a lease from then on, and beyond it, up to the time that an upload may rest, while something
/// is uploaded for the same owner (<c>upload_owners</c>).
/// </remarks>
public sealed class BlobLinks(ContentStore content, BlobLinkTable table, TimeProvider clock)
{
    private readonly Db _db = content.Db;

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private long Lease => (long)content.Settings.Lease.TotalMilliseconds;

    /// <summary>The blob, when it is one of the owner's.</summary>
    public Task<BlobRow?> FindAsync(long ownerId, Digest digest, CancellationToken cancellationToken) => _db.FindAsync<BlobRow>(
        $"""
        SELECT b.size, b.corrupt, b.verified_at, b.leased_until - {_db.Now} AS lease_left, {_db.Now} - l.used_at AS rested
        FROM {table.Name} l JOIN blobs b ON b.digest = l.digest
        WHERE l.{table.Owner} = @ownerId AND l.digest = @digest AND b.removing = 0
        """,
        new { ownerId, digest = digest.ToString() },
        cancellationToken);

    /// <summary>
    /// Records a blob whose bytes have just been stored, links it, and ends the upload that brought it; not while the collector removes what lay
    /// under the digest before, since it may take the new bytes with it. Bytes whose owner is gone have a row all the same: they are as unused as
    /// others that nobody needs any more.
    /// </summary>
    public Task<LinkResult> AddAsync(long ownerId, Digest digest, long size, string uploadId, CancellationToken cancellationToken)
    {
        var insert = $"""
            INSERT INTO blobs (digest, size, corrupt, leased_until, verified_at, created_at) VALUES (@digest, @size, 0, {_db.Now} + @lease, @now, @now)
            ON CONFLICT (digest) DO UPDATE SET size = @size, corrupt = 0, leased_until = {_db.Now} + @lease, verified_at = @now
            WHERE blobs.removing = 0
            """;

        var values = new { digest = digest.ToString(), size, now = Now, lease = Lease };
        return _db.TransactAsync(
            async session =>
            {
                if (await session.ExecuteAsync(insert, values) == 0)
                {
                    return LinkResult.Removing;
                }

                await UploadRows.EndAsync(session, uploadId);
                return await LinkAsync(session, ownerId, digest);
            },
            cancellationToken);
    }

    /// <summary>Links a blob that is stored already, if it is, and as it should be.</summary>
    /// <param name="ownerId">The owner.</param>
    /// <param name="digest">The blob.</param>
    /// <param name="size">The size that it must have; null for any.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<LinkResult> LinkAsync(long ownerId, Digest digest, long? size, CancellationToken cancellationToken) =>
        _db.TransactAsync(session => LinkAsync(session, ownerId, digest, size), cancellationToken);

    /// <summary>The same in a transaction at hand. Of several blobs those who link them take the rows in the order of their digests.</summary>
    public async Task<LinkResult> LinkAsync(DbSession session, long ownerId, Digest digest, long? size)
    {
        // Holds the row, so that the collector either has removed it before or sees the lease.
        var protect = $"""
            UPDATE blobs SET leased_until = {_db.Now} + @lease
            WHERE digest = @digest AND corrupt = 0 AND removing = 0 AND (@size < 0 OR size = @size)
            """;

        var values = new { digest = digest.ToString(), size = size ?? -1, lease = Lease };
        if (await session.ExecuteAsync(protect, values) == 0)
        {
            await WelcomeAsync(session, digest);
            return await session.FindAsync<long>("SELECT removing FROM blobs WHERE digest = @digest", values) == 0
                ? LinkResult.Absent
                : LinkResult.Removing;
        }

        return await LinkAsync(session, ownerId, digest);
    }

    /// <summary>
    /// Protects a blob that a client is about to be told exists with the owner, unless it is protected for long enough anyway. False when it
    /// has just been taken away.
    /// </summary>
    public async Task<bool> RenewLeaseAsync(long ownerId, Digest digest, BlobRow row, CancellationToken cancellationToken)
    {
        var enough = Lease / 2;
        if (row.LeaseLeft > enough && row.Rested < enough)
        {
            return true;
        }

        var values = new { ownerId, digest = digest.ToString(), lease = Lease };
        return await _db.TransactAsync(
            async session =>
            {
                await session.ExecuteAsync(
                    $"UPDATE blobs SET leased_until = {_db.Now} + @lease WHERE digest = @digest AND leased_until < {_db.Now} + @lease", values);
                return await session.ExecuteAsync(
                    $"UPDATE {table.Name} SET used_at = {_db.Now} WHERE {table.Owner} = @ownerId AND digest = @digest", values);
            },
            cancellationToken) == 1;
    }

    /// <summary>Takes the blob away from its owner, in a transaction that may hold that; false when it did not have it.</summary>
    public async Task<bool> UnlinkAsync(DbSession session, long ownerId, Digest digest) => await session.ExecuteAsync(
        $"DELETE FROM {table.Name} WHERE {table.Owner} = @ownerId AND digest = @digest", new { ownerId, digest = digest.ToString() }) == 1;

    /// <summary>
    /// Keeps the collector away from what lies under a digest whose bytes are about to come, or have come and have no row yet. Otherwise it could
    /// take them between their publication and their record, and the record would speak of nothing.
    /// </summary>
    public Task<int> WelcomeAsync(Digest digest, CancellationToken cancellationToken) =>
        _db.TransactAsync(session => WelcomeAsync(session, digest), cancellationToken);

    // Without its note an object is not set aside before it has been seen for a whole lease more; a row that nobody needs is left alone as long.
    // Where it comes too late it has waited for the claim, and what is asked next sees that.
    private async Task<int> WelcomeAsync(DbSession session, Digest digest)
    {
        await session.ExecuteAsync("DELETE FROM unrecorded WHERE name = @name", new { name = content.Keys.Of(digest).ToString() });
        return await session.ExecuteAsync(
            $"UPDATE blobs SET leased_until = {_db.Now} + @lease WHERE digest = @digest AND removing = 0", new { digest = digest.ToString(), lease = Lease });
    }

    // Whoever deletes the owner holds its row against this and removes its links afterwards: either there is no owner any more when this comes to
    // the row, or the deletion, which waits for this to end, sees the link.
    private async Task<LinkResult> LinkAsync(DbSession session, long ownerId, Digest digest) => await session.ExecuteAsync(
        $"""
        INSERT INTO {table.Name} ({table.Owner}, digest, used_at)
        SELECT id, @digest, {_db.Now} FROM {table.Owners} WHERE id = @ownerId{_db.ForKeyShare}
        ON CONFLICT ({table.Owner}, digest) DO UPDATE SET used_at = {_db.Now}
        """,
        new { ownerId, digest = digest.ToString() }) == 1 ? LinkResult.Linked : LinkResult.OwnerGone;
}

/// <summary>What became of an attempt to link a blob.</summary>
public enum LinkResult
{
    Linked,

    /// <summary>It is not stored, or not intact: its bytes are welcome.</summary>
    Absent,

    /// <summary>The owner was deleted.</summary>
    OwnerGone,

    /// <summary>The collector is removing it, and would remove new bytes under its digest too.</summary>
    Removing,
}
