using Microsoft.Extensions.Options;
using Stagedoor.Images.Repositories;
using Stagedoor.Storage;

namespace Stagedoor.Images.Blobs;

/// <summary>
/// Blobs, the repositories that they are visible in, and for how long both are left alone. All leases are kept here, by the clock of the database,
/// which is the only one that replicas have in common.
/// </summary>
/// <remarks>
/// A blob that a client was told is there (uploaded, mounted, asked for by HEAD) must outlast the push that relies on it. Its link bears the time of
/// that telling (<c>used_at</c>). It is left alone for a lease from then on, and beyond it, up to the time that an upload may rest, while something
/// is uploaded to the same repository (<c>upload_owners</c>).
/// </remarks>
internal sealed class BlobRows(ImagesDb db, TimeProvider clock, IOptions<ImagesOptions> options)
{
    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private long Lease => options.Value.Collector.LeaseMinutes * 60_000L;

    /// <summary>The blob, when it is linked in the repository.</summary>
    public Task<BlobRow?> FindAsync(long repositoryId, Digest digest, CancellationToken cancellationToken) => db.FindAsync<BlobRow>(
        $"""
        SELECT b.size, b.corrupt, b.verified_at, b.leased_until - {db.Now} AS lease_left, {db.Now} - l.used_at AS rested
        FROM blob_links l JOIN blobs b ON b.digest = l.digest
        WHERE l.repository_id = @repositoryId AND l.digest = @digest AND b.removing = 0
        """,
        new { repositoryId, digest = digest.ToString() },
        cancellationToken);

    /// <summary>
    /// Records a blob whose bytes have just been stored, links it, and ends the upload that brought it. False while the collector removes
    /// what lay under the digest before: it may take the new bytes with it.
    /// </summary>
    public Task<bool> AddAsync(long repositoryId, Digest digest, long size, string uploadId, CancellationToken cancellationToken)
    {
        var insert = $"""
            INSERT INTO blobs (digest, size, corrupt, leased_until, verified_at, created_at) VALUES (@digest, @size, 0, {db.Now} + @lease, @now, @now)
            ON CONFLICT (digest) DO UPDATE SET size = @size, corrupt = 0, leased_until = {db.Now} + @lease, verified_at = @now
            WHERE blobs.removing = 0
            """;

        var values = new { digest = digest.ToString(), size, now = Now, lease = Lease };
        return db.TransactAsync(
            async session =>
            {
                if (await session.ExecuteAsync(insert, values) == 0)
                {
                    return false;
                }

                await LinkAsync(session, repositoryId, digest);
                await UploadRows.EndAsync(session, uploadId);
                return true;
            },
            cancellationToken);
    }

    /// <summary>Links a blob that is stored already, if it is, and as it should be.</summary>
    /// <param name="repositoryId">The repository.</param>
    /// <param name="digest">The blob.</param>
    /// <param name="size">The size that it must have; null for any.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<LinkResult> LinkAsync(long repositoryId, Digest digest, long? size, CancellationToken cancellationToken)
    {
        // Holds the row, so that the collector either has removed it before or sees the lease.
        var protect = $"""
            UPDATE blobs SET leased_until = {db.Now} + @lease
            WHERE digest = @digest AND corrupt = 0 AND removing = 0 AND (@size < 0 OR size = @size)
            """;

        var values = new { digest = digest.ToString(), size = size ?? -1, lease = Lease };
        return db.TransactAsync(
            async session =>
            {
                if (await session.ExecuteAsync(protect, values) == 0)
                {
                    return await session.FindAsync<long>("SELECT removing FROM blobs WHERE digest = @digest", values) == 0
                        ? LinkResult.Absent
                        : LinkResult.Removing;
                }

                await LinkAsync(session, repositoryId, digest);
                return LinkResult.Linked;
            },
            cancellationToken);
    }

    /// <summary>
    /// Protects a blob that a client is about to be told exists in the repository, unless it is protected for long enough anyway. False when it
    /// has just been taken out.
    /// </summary>
    public async Task<bool> RenewLeaseAsync(long repositoryId, Digest digest, BlobRow row, CancellationToken cancellationToken)
    {
        var enough = Lease / 2;
        if (row.LeaseLeft > enough && row.Rested < enough)
        {
            return true;
        }

        var values = new { repositoryId, digest = digest.ToString(), lease = Lease };
        return await db.TransactAsync(
            async session =>
            {
                await session.ExecuteAsync(
                    $"UPDATE blobs SET leased_until = {db.Now} + @lease WHERE digest = @digest AND leased_until < {db.Now} + @lease", values);
                return await session.ExecuteAsync(
                    $"UPDATE blob_links SET used_at = {db.Now} WHERE repository_id = @repositoryId AND digest = @digest", values);
            },
            cancellationToken) == 1;
    }

    /// <summary>Some repositories, other than this one, in which the blob is linked.</summary>
    public Task<IReadOnlyList<LinkedRepository>> FindLinksAsync(Digest digest, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT o.name AS organization, r.name AS repository
            FROM blob_links l
            JOIN repositories r ON r.id = l.repository_id
            JOIN organizations o ON o.id = r.organization_id
            WHERE l.digest = @digest
            ORDER BY l.used_at DESC
            LIMIT 50
            """;

        return db.QueryAsync<LinkedRepository>(Sql, new { digest = digest.ToString() }, cancellationToken);
    }

    /// <summary>Takes the blob out of the repository; false when it was not in it.</summary>
    public async Task<bool> UnlinkAsync(long repositoryId, Digest digest, CancellationToken cancellationToken) => await db.ExecuteAsync(
        "DELETE FROM blob_links WHERE repository_id = @repositoryId AND digest = @digest",
        new { repositoryId, digest = digest.ToString() },
        cancellationToken) == 1;

    /// <summary>Notes what hashing the stored bytes has shown.</summary>
    public Task<int> MarkAsync(Digest digest, bool intact, CancellationToken cancellationToken) => db.ExecuteAsync(
        "UPDATE blobs SET corrupt = @corrupt, verified_at = @now WHERE digest = @digest",
        new { digest = digest.ToString(), corrupt = intact ? 0 : 1, now = Now },
        cancellationToken);

    private Task<int> LinkAsync(DbSession session, long repositoryId, Digest digest) => session.ExecuteAsync(
        $"""
        INSERT INTO blob_links (repository_id, digest, used_at) VALUES (@repositoryId, @digest, {db.Now})
        ON CONFLICT (repository_id, digest) DO UPDATE SET used_at = {db.Now}
        """,
        new { repositoryId, digest = digest.ToString() });
}

/// <summary>What became of an attempt to link a blob.</summary>
internal enum LinkResult
{
    Linked,

    /// <summary>It is not stored, or not intact: its bytes are welcome.</summary>
    Absent,

    /// <summary>The collector is removing it, and would remove new bytes under its digest too.</summary>
    Removing,
}

/// <summary>A repository in which a blob is linked.</summary>
internal sealed record LinkedRepository
{
    public string Organization { get; init; } = "";

    public string Repository { get; init; } = "";
}
