using Stagedoor.Images.Manifests;
using Stagedoor.Images.Quotas;
using Stagedoor.Images.Repositories;
using Stagedoor.Storage;

namespace Stagedoor.Images.Untagged;

/// <summary>
/// Manifests that nothing keeps: no tag points to them, none that can be restored either, no index of their repository refers to them, and what they are
/// about is not there. A search that goes round through all of them marks such, some at each collection; what has been marked for long enough and not been
/// asked for goes, if it is still so then.
/// </summary>
internal sealed class UntaggedManifests(ImagesDb db, ManifestCache cache)
{
    /// <summary>How many manifests one collection looks at: all of a usual installation, so many of a large one, which goes round in some days.</summary>
    public const int SurveyLength = 20_000;

    /// <summary>How many are removed in one transaction, which holds their repository.</summary>
    public const int Portion = 20;

    private const int Page = 500;

    // What went on the removal of one that it hung on is marked at once: so many, the rest by the search.
    private const int Dependents = 1000;

    /// <summary>That nothing keeps the manifest <c>m</c>.</summary>
    public const string Unneeded = """
        NOT EXISTS (SELECT 1 FROM tags t WHERE t.repository_id = m.repository_id AND t.digest = m.digest)
        AND NOT EXISTS (SELECT 1 FROM manifest_refs f WHERE f.repository_id = m.repository_id AND f.digest = m.digest AND f.is_blob = 0)
        AND NOT EXISTS (SELECT 1 FROM manifests s WHERE s.repository_id = m.repository_id AND s.digest = m.subject)
        """;

    /// <summary>A push needs manifests: what was found out about them is no longer true.</summary>
    public static Task ForgetAsync(ImagesDb db, DbSession session, long repositoryId, IReadOnlyCollection<string> digests) => session.ExecuteAsync(
        $"DELETE FROM untagged_manifests WHERE repository_id = @repositoryId AND {db.In("digest", "digests")}", new { repositoryId, digests = digests.ToArray() });

    /// <summary>Looks at some of all manifests, where the last time ended, and marks those that nothing keeps.</summary>
    public async Task SurveyAsync(CancellationToken cancellationToken)
    {
        var begin = await db.FindAsync<Place>("SELECT repository_id, digest FROM untagged_survey WHERE id = 1", null, cancellationToken) ?? new();
        var at = begin;
        for (var looked = 0; looked < SurveyLength;)
        {
            var page = await LookAsync(at, cancellationToken);
            if (page.Where(static m => m.IsUnneeded != m.IsMarked).ToList() is { Count: > 0 } changed)
            {
                await MarkAsync(changed, cancellationToken);
            }

            looked += page.Count;
            at = page.Count < Page ? new() : new() { RepositoryId = page[^1].RepositoryId, Digest = page[^1].Digest };
            if (page.Count < Page)
            {
                break;
            }
        }

        if (at != begin)
        {
            await db.ExecuteAsync(
                "UPDATE untagged_survey SET repository_id = @RepositoryId, digest = @Digest WHERE id = 1", new { at.RepositoryId, at.Digest }, cancellationToken);
        }
    }

    /// <summary>Removes what has been marked and not been asked for since that long ago; answers how many.</summary>
    /// <param name="rest">For how long.</param>
    /// <param name="cancellationToken">Ends it; what was removed until then stays removed.</param>
    public async Task<int> RemoveAsync(TimeSpan rest, CancellationToken cancellationToken)
    {
        var ripe = $"""
            SELECT repository_id, digest FROM untagged_manifests WHERE rests_since < {db.Now} - @rest ORDER BY rests_since LIMIT {Portion}
            """;

        var removed = 0;
        while (await db.QueryAsync<Place>(ripe, new { rest = (long)rest.TotalMilliseconds }, cancellationToken) is { Count: > 0 } portion)
        {
            foreach (var repository in portion.GroupBy(static p => p.RepositoryId, static p => p.Digest))
            {
                var some = await db.TransactAsync(
                    session => RemoveAsync(session, repository.Key, [.. repository.Order(StringComparer.Ordinal)], (long)rest.TotalMilliseconds), cancellationToken);
                if (some > 0)
                {
                    cache.Invalidate(repository.Key);
                }

                removed += some;
            }
        }

        return removed;
    }

    // Every mark goes or is set to a later time, so that the same ones are not found again.
    private async Task<int> RemoveAsync(DbSession session, long repositoryId, IReadOnlyList<string> digests, long rest)
    {
        // Whoever pushes or tags one of them waits here, and then finds it gone; or was first, which is seen below.
        if (await LockedRepository.TakeAsync(db, session, repositoryId) is not { OrganizationId: var organizationId })
        {
            await ForgetAsync(db, session, repositoryId, digests);
            return 0;
        }

        // Its blobs stay for a lease more: somebody may be pushing the same manifest just now, who has looked for it and not for them.
        var protect = $"""
            UPDATE blob_links SET used_at = {db.Now} WHERE repository_id = @repositoryId AND digest IN (
                SELECT f.digest FROM manifest_refs f WHERE f.repository_id = @repositoryId AND f.manifest_digest = @digest AND f.is_blob = 1)
            """;

        await OrganizationUsage.HoldAsync(db, session, organizationId, repositoryId, digests);
        var (removed, freed) = (0, 0L);
        foreach (var digest in digests)
        {
            var values = new { repositoryId, digest, rest };
            var state = await session.FindAsync<State>(
                $"""
                SELECT CASE WHEN p.pulled_at > m.created_at THEN p.pulled_at ELSE m.created_at END AS asked_at, CAST({db.Now} - @rest AS BIGINT) AS before FROM manifests m
                LEFT JOIN manifest_pulls p ON p.repository_id = m.repository_id AND p.digest = m.digest
                WHERE m.repository_id = @repositoryId AND m.digest = @digest AND {Unneeded}
                """,
                values);
            if (state is null)
            {
                await ForgetAsync(db, session, repositoryId, [digest]);
            }
            else if (state.AskedAt >= state.Before)
            {
                await session.ExecuteAsync(
                    "UPDATE untagged_manifests SET rests_since = @AskedAt WHERE repository_id = @repositoryId AND digest = @digest",
                    new { repositoryId, digest, state.AskedAt });
            }
            else
            {
                await HandOnAsync(session, repositoryId, digest);
                await session.ExecuteAsync(protect, values);
                freed += await ManifestStore.RemoveAsync(db, session, organizationId, repositoryId, digest);
                removed++;
            }
        }

        await OrganizationUsage.SubtractAsync(session, organizationId, freed);
        return removed;
    }

    // The images of an index and the signatures of an image have been kept by it alone: they have been unneeded for as long as it has.
    private static Task<int> HandOnAsync(DbSession session, long repositoryId, string digest) => session.ExecuteAsync(
        $"""
        INSERT INTO untagged_manifests (repository_id, digest, since, rests_since)
        SELECT m.repository_id, m.digest, u.since, u.since FROM manifests m
        JOIN untagged_manifests u ON u.repository_id = m.repository_id AND u.digest = @digest
        WHERE m.repository_id = @repositoryId AND (m.subject = @digest OR m.digest IN (
            SELECT f.digest FROM manifest_refs f WHERE f.repository_id = @repositoryId AND f.manifest_digest = @digest AND f.is_blob = 0))
        LIMIT {Dependents}
        ON CONFLICT (repository_id, digest) DO NOTHING
        """,
        new { repositoryId, digest });

    private Task<IReadOnlyList<Looked>> LookAsync(Place after, CancellationToken cancellationToken) => db.QueryAsync<Looked>(
        $"""
        SELECT m.repository_id, m.digest,
            CAST(CASE WHEN {Unneeded} THEN 1 ELSE 0 END AS BIGINT) AS is_unneeded,
            CAST(CASE WHEN u.digest IS NULL THEN 0 ELSE 1 END AS BIGINT) AS is_marked
        FROM manifests m LEFT JOIN untagged_manifests u ON u.repository_id = m.repository_id AND u.digest = m.digest
        WHERE (m.repository_id, m.digest) > (@RepositoryId, @Digest)
        ORDER BY m.repository_id, m.digest LIMIT {Page}
        """,
        new { after.RepositoryId, after.Digest },
        cancellationToken);

    private Task<int> MarkAsync(List<Looked> changed, CancellationToken cancellationToken)
    {
        // Looked at once more: it may have got a tag since.
        var mark = $"""
            INSERT INTO untagged_manifests (repository_id, digest, since, rests_since)
            SELECT m.repository_id, m.digest, {db.Now}, {db.Now} FROM manifests m WHERE m.repository_id = @RepositoryId AND m.digest = @Digest AND {Unneeded}
            ON CONFLICT (repository_id, digest) DO NOTHING
            """;

        return db.TransactAsync(
            async session =>
            {
                foreach (var manifest in changed)
                {
                    await session.ExecuteAsync(
                        manifest.IsUnneeded == 1 ? mark : "DELETE FROM untagged_manifests WHERE repository_id = @RepositoryId AND digest = @Digest",
                        new { manifest.RepositoryId, manifest.Digest });
                }

                return changed.Count;
            },
            cancellationToken);
    }

    private sealed record Place
    {
        public long RepositoryId { get; init; }

        public string Digest { get; init; } = "";
    }

    private sealed record Looked
    {
        public long RepositoryId { get; init; }

        public string Digest { get; init; } = "";

        public long IsUnneeded { get; init; }

        public long IsMarked { get; init; }
    }

    private sealed record State
    {
        public long AskedAt { get; init; }

        public long Before { get; init; }
    }
}
