using Microsoft.Extensions.Options;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Untagged;

namespace Stagedoor.Images.Collection;

/// <summary>What repositories need of their blobs: those that a manifest refers to, and those of pushes that go on.</summary>
internal sealed class RepositoryBlobs(
    ImagesDb db, RegistryCache cache, IEnumerable<RepositoryTable> tables, UntaggedManifests untagged, ManifestPulls pulls, IOptions<ImagesOptions> options) : IBlobOwner
{
    private const int Batch = 200;

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
    private Task<int> UnlinkUnusedAsync(TimeSpan lease, TimeSpan longest, CancellationToken cancellationToken)
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
}
