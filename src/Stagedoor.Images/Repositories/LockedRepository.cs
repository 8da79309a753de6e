using Stagedoor.Storage;

namespace Stagedoor.Images.Repositories;

/// <summary>
/// A repository whose row the transaction at hand holds. Whatever changes manifests, tags or counters of a repository begins by taking it, so that
/// such changes happen one after the other on every engine and every replica: under READ COMMITTED a statement would otherwise count, or refrain
/// from inserting, what another transaction is just removing. What comes after sees everything that was committed before.
/// </summary>
/// <remarks>
/// Rows are taken in the order repository, blobs (by digest), blob links, the organization's blobs, sequence, organization. Blobs and their links need no more than their own
/// rows: the lease or the time of use that a push renews is what the collector and a deletion look at again when they have waited for it. Only blobs that come with their
/// manifest are linked under the repository's row.
/// </remarks>
internal sealed record LockedRepository
{
    public long OrganizationId { get; init; }

    /// <summary>How many live tags it has.</summary>
    public long NumImages { get; init; }

    /// <summary>The sum of the sizes of what its live tags point to.</summary>
    public long Size { get; init; }

    /// <summary>Patterns of tags that are neither moved nor deleted (<see cref="Tags.ImmutableTags"/>).</summary>
    public string ImmutableTags { get; init; } = "";

    /// <summary>How many bytes its organization may hold, 0 for no limit; null when the installation's default counts.</summary>
    public long? QuotaBytes { get; init; }

    /// <summary>1 when an index in its organization may name manifests that are not there.</summary>
    public long SparseIndexes { get; init; }

    /// <summary>Takes the repository; null when there is none.</summary>
    public static Task<LockedRepository?> TakeAsync(ImagesDb db, DbSession session, long repositoryId) => session.FindAsync<LockedRepository>(
        $"""
        SELECT organization_id, num_images, size, immutable_tags,
            (SELECT o.quota_bytes FROM organizations o WHERE o.id = repositories.organization_id) AS quota_bytes,
            (SELECT o.sparse_indexes FROM organizations o WHERE o.id = repositories.organization_id) AS sparse_indexes
        FROM repositories WHERE id = @repositoryId{db.ForNoKeyUpdate}
        """,
        new { repositoryId });

    /// <summary>Adds to the counters of a repository that is held, and of its organization.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="repositoryId">The repository.</param>
    /// <param name="tags">How many live tags there are more, or less.</param>
    /// <param name="bytes">By how much it has grown, or shrunk.</param>
    /// <param name="now">The time of the change.</param>
    /// <param name="progress">Told which row is at hand.</param>
    /// <param name="held">How many bytes more or less the organization holds (<see cref="Quotas.OrganizationUsage"/>).</param>
    /// <returns>How many bytes the organization holds then.</returns>
    public async Task<long> CountAsync(
        DbSession session, long repositoryId, long tags, long bytes, long now, Manifests.ManifestProgress progress, long held = 0)
    {
        var values = new { repositoryId, OrganizationId, tags, bytes, held, now };
        progress.Step = Manifests.ManifestStep.Repository;
        await session.ExecuteAsync(
            "UPDATE repositories SET num_images = num_images + @tags, size = size + @bytes, updated_at = @now WHERE id = @repositoryId", values);
        progress.Step = Manifests.ManifestStep.Organization;
        return await session.FindAsync<long>(
            """
            UPDATE organizations SET tag_count = tag_count + @tags, used_bytes = used_bytes + @held, updated_at = @now WHERE id = @OrganizationId
            RETURNING used_bytes
            """,
            values);
    }
}
