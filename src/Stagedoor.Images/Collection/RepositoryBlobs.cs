using Microsoft.Extensions.Options;
using Stagedoor.Images.Quotas;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Untagged;

namespace Stagedoor.Images.Collection;

/// <summary>What repositories need of their blobs: those that a manifest refers to, and those of pushes that go on.</summary>
internal sealed class RepositoryBlobs(
    ImagesDb db, RegistryCache cache, IEnumerable<RepositoryTable> tables, UntaggedManifests untagged, ManifestPulls pulls, IOptions<ImagesOptions> options) : IBlobOwner
{
    private const int Batch = 200;

    // How many links are looked at in one query; so many are deleted in one write at most.
    private const int LinkPage = 500;

    public static BlobLinkTable Table { get; } = new("blob_links", "repository_id", "repositories");

    public BlobLinkTable Links => Table;

    /// <summary>Removes manifests that nothing has kept and nobody has asked for in a long time.</summary>
    public async Task<int> RetireAsync(CancellationToken cancellationToken)
    {
        await pulls.FlushAsync(cancellationToken);
        await untagged.SurveyAsync(cancellationToken);

        // What is noted of pulls is exact to the hour.
        return options.Value.Collector.UntaggedDays is > 0 and var days
            ? await untagged.RemoveAsync(TimeSpan.FromDays(days) + ManifestPulls.Grain, cancellationToken)
            : 0;
    }

    /// <summary>Forgets tags that can no longer be restored, and answers how many; takes unused blobs out of repositories.</summary>
    public async Task<int> ReleaseAsync(CancellationToken cancellationToken)
    {
        var settings = options.Value;
        await ForgetRemovedAsync(cancellationToken);
        var tags = await RemoveTagsAsync(TimeSpan.FromHours(settings.Collector.RestoreHours), cancellationToken);
        if (await UnlinkUnusedAsync(TimeSpan.FromMinutes(settings.Collector.LeaseMinutes), TimeSpan.FromHours(settings.UploadHours), cancellationToken) > 0)
        {
            await ForgetCountsAsync(cancellationToken);
            cache.Invalidate();
        }

        return tags;
    }

    public void Forget() => cache.Invalidate();

    // Links go last: they keep the bytes for as long as anything speaks of them.
    private async Task ForgetRemovedAsync(CancellationToken cancellationToken)
    {
        string[] names = [.. tables.Select(static t => t.Name), "repo_acl", "tags", "manifest_refs", "manifests", "blob_refs", "blob_links"];
        while (await db.FindAsync<long?>("SELECT MIN(repository_id) FROM removed_repositories", null, cancellationToken) is { } id)
        {
            await OrganizationUsage.ReleaseRepositoryAsync(db, id, cancellationToken);
            foreach (var table in names)
            {
                await InPortionsAsync(
                    db.Engine is "postgresql"
                        ? $"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE repository_id = @id LIMIT {Batch}))"
                        : $"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE repository_id = @id LIMIT {Batch})",
                    new { id },
                    cancellationToken);
            }

            await db.ExecuteAsync("DELETE FROM removed_repositories WHERE repository_id = @id", new { id }, cancellationToken);
        }
    }

    private Task<int> RemoveTagsAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        var isOver = $"deleted_at < {db.Now} - @age";
        return InPortionsAsync(
            $"DELETE FROM tags WHERE {isOver} AND (repository_id, name) IN (SELECT repository_id, name FROM tags WHERE {isOver} LIMIT {Batch})",
            new { age = Milliseconds(age) },
            cancellationToken);
    }

    /// <summary>
    /// Takes blobs out of repositories where no manifest refers to them and nobody was told of them lately. While something is uploaded to a
    /// repository, what it was told of before is left alone for longer (<see cref="BlobLinks"/>).
    /// </summary>
    /// <param name="lease">How long each is left alone.</param>
    /// <param name="longest">How long at most while uploads go on.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    private async Task<int> UnlinkUnusedAsync(TimeSpan lease, TimeSpan longest, CancellationToken cancellationToken)
    {
        var isUnused = $"""
            l.used_at < {db.Now} - @Lease
          AND NOT EXISTS (SELECT 1 FROM blob_refs r WHERE r.repository_id = l.repository_id AND r.digest = l.digest AND r.ref_count > 0)
          AND NOT EXISTS (SELECT 1 FROM blobs b WHERE b.digest = l.digest AND b.leased_until >= {db.Now})
          AND (l.used_at < {db.Now} - @Longest OR NOT EXISTS (
            SELECT 1 FROM repositories p JOIN organizations o ON o.id = p.organization_id JOIN upload_owners u ON u.owner = o.name || '/' || p.name
            WHERE p.id = l.repository_id AND u.active_at >= {db.Now} - @Lease))
        """;

        // Looking holds nobody up, however many there are that are needed. Asked again of each that is deleted: it may have been used since.
        var look = $"""
            SELECT l.repository_id, l.digest, CAST(CASE WHEN {isUnused} THEN 1 ELSE 0 END AS BIGINT) AS is_unused FROM blob_links l
            WHERE (l.repository_id, l.digest) > (@RepositoryId, @Digest)
            ORDER BY l.repository_id, l.digest LIMIT {LinkPage}
            """;
        var unlink = $"""
            DELETE FROM blob_links AS l WHERE (l.repository_id, l.digest) > (@RepositoryId, @Digest) AND (l.repository_id, l.digest) <= (@LastRepository, @LastDigest)
              AND {isUnused}
            """;

        var all = 0;
        var values = new LinkPlace(0, "", Milliseconds(lease), Milliseconds(longest), 0, "");
        while (await db.QueryAsync<LookedLink>(look, values, cancellationToken) is [.., var last] page)
        {
            if (page.Any(static l => l.IsUnused == 1))
            {
                all += await db.ExecuteAsync(unlink, values with { LastRepository = last.RepositoryId, LastDigest = last.Digest }, cancellationToken);
            }

            values = values with { RepositoryId = last.RepositoryId, Digest = last.Digest };
        }

        return all;
    }

    private Task<int> ForgetCountsAsync(CancellationToken cancellationToken) => InPortionsAsync(
        $"""
        DELETE FROM blob_refs
        WHERE ref_count <= 0 AND (repository_id, digest) IN (SELECT repository_id, digest FROM blob_refs WHERE ref_count <= 0 LIMIT {Batch})
        """,
        null,
        cancellationToken);

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

    private sealed record LinkPlace(long RepositoryId, string Digest, long Lease, long Longest, long LastRepository, string LastDigest);

    private sealed record LookedLink
    {
        public long RepositoryId { get; init; }

        public string Digest { get; init; } = "";

        public long IsUnused { get; init; }
    }
}
