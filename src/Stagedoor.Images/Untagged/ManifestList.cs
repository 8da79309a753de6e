namespace Stagedoor.Images.Untagged;

/// <summary>Manifests of a repository, and what is known of their use.</summary>
internal sealed class ManifestList(ImagesDb db)
{
    /// <summary>Some of them in the order of their digests.</summary>
    public Task<IReadOnlyList<ManifestFacts>> ListAsync(long repositoryId, bool untagged, int offset, int limit, CancellationToken cancellationToken) =>
        db.QueryAsync<ManifestFacts>(
            $"""
            SELECT m.digest, m.media_type, m.total_size, m.created_at, p.pulled_at, u.since, CAST({db.Now} AS BIGINT) AS now,
                CAST(CASE WHEN {UntaggedManifests.Unneeded} THEN 1 ELSE 0 END AS BIGINT) AS is_unneeded
            FROM manifests m
            LEFT JOIN manifest_pulls p ON p.repository_id = m.repository_id AND p.digest = m.digest
            LEFT JOIN untagged_manifests u ON u.repository_id = m.repository_id AND u.digest = m.digest
            WHERE m.repository_id = @repositoryId{Condition(untagged)}
            ORDER BY m.digest LIMIT @limit OFFSET @offset
            """,
            new { repositoryId, offset, limit },
            cancellationToken);

    public Task<long> CountAsync(long repositoryId, bool untagged, CancellationToken cancellationToken) => db.FindAsync<long>(
        $"SELECT COUNT(*) FROM manifests m WHERE m.repository_id = @repositoryId{Condition(untagged)}", new { repositoryId }, cancellationToken);

    private static string Condition(bool untagged) => untagged ? $" AND {UntaggedManifests.Unneeded}" : "";
}

/// <summary>A manifest and what is known of its use.</summary>
internal sealed record ManifestFacts
{
    public string Digest { get; init; } = "";

    public string MediaType { get; init; } = "";

    public long TotalSize { get; init; }

    public long CreatedAt { get; init; }

    public long? PulledAt { get; init; }

    public long? Since { get; init; }

    public long Now { get; init; }

    public long IsUnneeded { get; init; }
}
