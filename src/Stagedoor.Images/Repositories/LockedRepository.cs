using Stagedoor.Storage;

namespace Stagedoor.Images.Repositories;

/// <summary>
/// A repository whose row the transaction at hand holds. Whatever changes manifests, tags or counters of a repository begins by taking it, so that
/// such changes happen one after the other on every engine and every replica: under READ COMMITTED a statement would otherwise count, or refrain
/// from inserting, what another transaction is just removing. What comes after sees everything that was committed before.
/// </summary>
/// <remarks>
/// Rows are taken in the order repository, blob links, sequence, organization. Blobs and their links need no more than their own rows: the lease
/// or the time of use that a push renews is what the collector and a deletion look at again when they have waited for it.
/// </remarks>
internal sealed record LockedRepository
{
    public long OrganizationId { get; init; }

    /// <summary>How many live tags it has.</summary>
    public long NumImages { get; init; }

    /// <summary>The sum of the sizes of what its live tags point to.</summary>
    public long Size { get; init; }

    /// <summary>Takes the repository; null when there is none.</summary>
    public static Task<LockedRepository?> TakeAsync(ImagesDb db, DbSession session, long repositoryId) => session.FindAsync<LockedRepository>(
        $"SELECT organization_id, num_images, size FROM repositories WHERE id = @repositoryId{db.ForNoKeyUpdate}", new { repositoryId });

    /// <summary>Adds to the counters of a repository that is held, and of its organization.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="repositoryId">The repository.</param>
    /// <param name="tags">How many live tags there are more, or less.</param>
    /// <param name="bytes">By how much it has grown, or shrunk.</param>
    /// <param name="now">The time of the change.</param>
    /// <param name="progress">Told which row is at hand.</param>
    public async Task CountAsync(DbSession session, long repositoryId, long tags, long bytes, long now, Manifests.ManifestProgress progress)
    {
        var values = new { repositoryId, OrganizationId, tags, bytes, now };
        progress.Step = Manifests.ManifestStep.Repository;
        await session.ExecuteAsync(
            "UPDATE repositories SET num_images = num_images + @tags, size = size + @bytes, updated_at = @now WHERE id = @repositoryId", values);
        progress.Step = Manifests.ManifestStep.Organization;
        await session.ExecuteAsync("UPDATE organizations SET tag_count = tag_count + @tags, updated_at = @now WHERE id = @OrganizationId", values);
    }
}
