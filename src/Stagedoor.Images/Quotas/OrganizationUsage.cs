using Stagedoor.Storage;

namespace Stagedoor.Images.Quotas;

/// <summary>
/// How many bytes an organization holds: its manifests, every blob once that a manifest in one of its repositories refers to, and each file of its packages.
/// It is kept in the transactions that make it more or less, so that it is exact whatever goes on at the same time.
/// </summary>
/// <remarks>
/// Rows of blobs are taken in the order of their digests, before the row of the organization. That row is the last one of a transaction, behind the row of the
/// repository, of images or of packages, and all that is in it.
/// </remarks>
internal static class OrganizationUsage
{
    private const int Portion = 200;

    /// <summary>Adds the blobs of a manifest that was just stored and that its repository needs for the first time; answers the bytes that are new.</summary>
    public static async Task<long> AddAsync(DbSession session, long organizationId, long repositoryId, string manifest)
    {
        // Whoever has added a blob and is not done is waited for, and then counted.
        const string Add = """
            INSERT INTO organization_blobs (organization_id, digest, size, repositories)
            SELECT @organizationId, f.digest, COALESCE((SELECT b.size FROM blobs b WHERE b.digest = f.digest), 0), 1
            FROM blob_refs f
            WHERE f.repository_id = @repositoryId AND f.ref_count = 1 AND f.digest IN (
                SELECT r.digest FROM manifest_refs r WHERE r.repository_id = @repositoryId AND r.manifest_digest = @manifest AND r.is_blob = 1)
            ORDER BY f.digest
            ON CONFLICT (organization_id, digest) DO UPDATE SET repositories = organization_blobs.repositories + 1
            RETURNING size, repositories
            """;

        var added = await session.QueryAsync<Held>(Add, new { organizationId, repositoryId, manifest });
        return added.Where(static b => b.Repositories == 1).Sum(static b => b.Size);
    }

    /// <summary>Takes blobs back that a repository has ceased to need; answers the bytes that nobody in the organization needs any more.</summary>
    public static async Task<long> ReleaseAsync(ImagesDb db, DbSession session, long organizationId, IReadOnlyCollection<string> digests)
    {
        var freed = 0L;
        foreach (var chunk in digests.Chunk(Portion))
        {
            var values = new { organizationId, chunk };
            var which = $"organization_id = @organizationId AND {db.In("digest", "chunk")}";
            if (db.IsShared)
            {
                await session.QueryAsync<string>($"SELECT digest FROM organization_blobs WHERE {which} ORDER BY digest{db.ForUpdate}", values);
            }

            await session.ExecuteAsync($"UPDATE organization_blobs SET repositories = repositories - 1 WHERE {which}", values);
            freed += (await session.QueryAsync<long>($"DELETE FROM organization_blobs WHERE {which} AND repositories <= 0 RETURNING size", values)).Sum();
        }

        return freed;
    }

    /// <summary>Holds the blobs of several manifests that one transaction is about to remove, which would else take them in an order of its own.</summary>
    public static Task HoldAsync(ImagesDb db, DbSession session, long organizationId, long repositoryId, IReadOnlyCollection<string> manifests) => db.IsShared
        ? session.QueryAsync<string>(
            $"""
            SELECT digest FROM organization_blobs
            WHERE organization_id = @organizationId AND digest IN (
                SELECT r.digest FROM manifest_refs r WHERE r.repository_id = @repositoryId AND r.is_blob = 1 AND {db.In("r.manifest_digest", "manifests")})
            ORDER BY digest{db.ForUpdate}
            """,
            new { organizationId, repositoryId, manifests = manifests.ToArray() })
        : Task.CompletedTask;

    /// <summary>Takes bytes off what an organization holds.</summary>
    public static Task SubtractAsync(DbSession session, long organizationId, long bytes) => bytes == 0
        ? Task.CompletedTask
        : session.ExecuteAsync("UPDATE organizations SET used_bytes = used_bytes - @bytes WHERE id = @organizationId", new { organizationId, bytes });

    /// <summary>Adds bytes to what an organization holds, or takes them off where they are negative, unless they are too many; null when that is done.</summary>
    /// <param name="session">A transaction that writes nothing more after this.</param>
    /// <param name="organizationId">The organization.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="most">How many bytes an organization may hold that has no quota of its own; 0 for no limit.</param>
    public static async Task<FullOrganization?> ChangeAsync(DbSession session, long organizationId, long bytes, long most)
    {
        // Whoever changes it at the same moment is waited for, and the condition is then of what is there.
        const string Change = """
            UPDATE organizations SET used_bytes = used_bytes + @bytes
            WHERE id = @organizationId
              AND (@bytes <= 0 OR COALESCE(quota_bytes, @most) = 0 OR used_bytes + @bytes <= COALESCE(quota_bytes, @most))
            """;

        var values = new { organizationId, bytes, most };
        return bytes == 0 || await session.ExecuteAsync(Change, values) == 1 ? null : await session.FindAsync<FullOrganization>(
            "SELECT used_bytes AS used, COALESCE(quota_bytes, @most) AS most, CAST(@bytes AS BIGINT) AS added FROM organizations WHERE id = @organizationId", values);
    }

    /// <summary>Gives back what a removed repository has held, some at a time, and removes its manifests and counts of blobs with it.</summary>
    public static async Task ReleaseRepositoryAsync(ImagesDb db, long repositoryId, CancellationToken cancellationToken)
    {
        while (await db.TransactAsync(session => ReleaseBlobsAsync(db, session, repositoryId), cancellationToken) == Portion)
        {
        }

        while (await db.TransactAsync(session => ReleaseManifestsAsync(db, session, repositoryId), cancellationToken) == Portion)
        {
        }
    }

    private static Task<long> FindOrganizationAsync(DbSession session, long repositoryId) => session.FindAsync<long>(
        "SELECT organization_id FROM removed_repositories WHERE repository_id = @repositoryId", new { repositoryId });

    private static async Task<int> ReleaseBlobsAsync(ImagesDb db, DbSession session, long repositoryId)
    {
        var organizationId = await FindOrganizationAsync(session, repositoryId);
        var digests = await session.QueryAsync<string>(
            $"SELECT digest FROM blob_refs WHERE repository_id = @repositoryId AND ref_count > 0 ORDER BY digest LIMIT {Portion}", new { repositoryId });
        var freed = await ReleaseAsync(db, session, organizationId, digests);
        await session.ExecuteAsync(
            $"DELETE FROM blob_refs WHERE repository_id = @repositoryId AND {db.In("digest", "digests")}", new { repositoryId, digests = digests.ToArray() });
        await SubtractAsync(session, organizationId, freed);
        return digests.Count;
    }

    private static async Task<int> ReleaseManifestsAsync(ImagesDb db, DbSession session, long repositoryId)
    {
        var digests = await session.QueryAsync<string>(
            $"SELECT digest FROM manifests WHERE repository_id = @repositoryId ORDER BY digest LIMIT {Portion}", new { repositoryId });
        var sizes = await session.QueryAsync<long>(
            $"DELETE FROM manifests WHERE repository_id = @repositoryId AND {db.In("digest", "digests")} RETURNING size", new { repositoryId, digests = digests.ToArray() });
        await SubtractAsync(session, await FindOrganizationAsync(session, repositoryId), sizes.Sum());
        return digests.Count;
    }

    private sealed record Held
    {
        public long Size { get; init; }

        public long Repositories { get; init; }
    }
}

/// <summary>An organization that has no room for some bytes.</summary>
internal sealed record FullOrganization
{
    /// <summary>How many it holds.</summary>
    public long Used { get; init; }

    /// <summary>How many it may hold.</summary>
    public long Most { get; init; }

    /// <summary>How many more were to be added; 0 where that is not known.</summary>
    public long Added { get; init; }
}
