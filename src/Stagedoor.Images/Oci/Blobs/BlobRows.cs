using Microsoft.Extensions.Options;

namespace Stagedoor.Images.Oci.Blobs;

/// <summary>Blobs, and the repositories that they are visible in.</summary>
internal sealed class BlobRows(ImagesDb db, TimeProvider clock, IOptions<ImagesOptions> options)
{
    private const string Link = """
        INSERT INTO blob_links (repository_id, digest, used_at) VALUES (@repositoryId, @digest, @now)
        ON CONFLICT (repository_id, digest) DO UPDATE SET used_at = @now
        """;

    private const string EndUpload = "DELETE FROM blob_uploads WHERE id = @uploadId";

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private long LeaseEnd => Now + (options.Value.Collector.LeaseMinutes * 60_000L);

    /// <summary>The blob, when it is linked in the repository.</summary>
    public Task<BlobRow?> FindAsync(long repositoryId, Digest digest, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT b.size, b.corrupt, b.leased_until, b.verified_at
            FROM blob_links l JOIN blobs b ON b.digest = l.digest
            WHERE l.repository_id = @repositoryId AND l.digest = @digest AND b.removing = 0
            """;

        return db.FindAsync<BlobRow>(Sql, new { repositoryId, digest = digest.ToString() }, cancellationToken);
    }

    /// <summary>
    /// Records a blob whose bytes have just been stored, links it, and ends the upload that brought it. False while the collector removes
    /// what lay under the digest before: it may take the new bytes with it.
    /// </summary>
    public Task<bool> AddAsync(long repositoryId, Digest digest, long size, string uploadId, CancellationToken cancellationToken)
    {
        const string Insert = """
            INSERT INTO blobs (digest, size, corrupt, leased_until, verified_at, created_at) VALUES (@digest, @size, 0, @leaseEnd, @now, @now)
            ON CONFLICT (digest) DO UPDATE SET size = @size, corrupt = 0, leased_until = @leaseEnd, verified_at = @now
            WHERE blobs.removing = 0
            """;

        var values = new { repositoryId, digest = digest.ToString(), size, uploadId, now = Now, leaseEnd = LeaseEnd };
        return db.TransactAsync(
            async session =>
            {
                if (await session.ExecuteAsync(Insert, values) == 0)
                {
                    return false;
                }

                await session.ExecuteAsync(Link, values);
                await session.ExecuteAsync(EndUpload, values);
                return true;
            },
            cancellationToken);
    }

    /// <summary>Links a blob that is stored already; false when it is not, or not as it should be.</summary>
    /// <param name="repositoryId">The repository.</param>
    /// <param name="digest">The blob.</param>
    /// <param name="size">The size that it must have; null for any.</param>
    /// <param name="uploadId">The upload that this ends; empty for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<bool> LinkAsync(long repositoryId, Digest digest, long? size, string uploadId, CancellationToken cancellationToken)
    {
        // Holds the row, so that the collector either has removed it before or sees the lease.
        const string Lease = """
            UPDATE blobs SET leased_until = @leaseEnd
            WHERE digest = @digest AND corrupt = 0 AND removing = 0 AND (@size < 0 OR size = @size)
            """;

        var values = new { repositoryId, digest = digest.ToString(), size = size ?? -1, uploadId, now = Now, leaseEnd = LeaseEnd };
        return db.TransactAsync(
            async session =>
            {
                if (await session.ExecuteAsync(Lease, values) == 0)
                {
                    return false;
                }

                await session.ExecuteAsync(Link, values);
                await session.ExecuteAsync(EndUpload, values);
                return true;
            },
            cancellationToken);
    }

    /// <summary>Protects a blob that a client was told exists, unless it is protected for long enough anyway.</summary>
    public async Task RenewLeaseAsync(Digest digest, BlobRow row, CancellationToken cancellationToken)
    {
        var end = LeaseEnd;
        if (row.LeasedUntil - Now < (end - Now) / 2)
        {
            await db.ExecuteAsync(
                "UPDATE blobs SET leased_until = @end WHERE digest = @digest AND leased_until < @end", new { digest = digest.ToString(), end }, cancellationToken);
        }
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
}

/// <summary>A repository in which a blob is linked.</summary>
internal sealed record LinkedRepository
{
    public string Organization { get; init; } = "";

    public string Repository { get; init; } = "";
}
