using Microsoft.Extensions.Options;
using Stagedoor.Images.Manifests;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Untagged;
using Stagedoor.Storage;

namespace Stagedoor.Images.Tags;

/// <summary>Changes of tags that bring no content with them. Pushes and deletions are in <see cref="StoreManifest"/> and <see cref="ManifestStore"/>.</summary>
internal sealed class TagStore(ImagesDb db, TagEvents events, TimeProvider clock, IOptions<ImagesOptions> options)
{
    /// <summary>Lets a tag point to what another one points to.</summary>
    /// <param name="repositoryId">The repository.</param>
    /// <param name="source">The tag that is there.</param>
    /// <param name="destination">The tag that is made, or moved.</param>
    /// <param name="overrides">Whether it may be moved.</param>
    /// <param name="userName">Who does it, for those who are told of it.</param>
    /// <param name="progress">Told whether a row is added or changed.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    public Task<TagOutcome> RetagAsync(
        long repositoryId,
        string source,
        string destination,
        bool overrides,
        string userName,
        ManifestProgress progress,
        CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            progress.Step = ManifestStep.CreateTag;
            if (await LockedRepository.TakeAsync(db, session, repositoryId) is not { } repository)
            {
                return TagOutcome.RepositoryGone;
            }

            var known = await FindAsync(session, repositoryId, source, destination);
            if (known.Find(t => string.Equals(t.Name, source, StringComparison.Ordinal)) is not { DeletedAt: null, TotalSize: { } size, Digest: var digest })
            {
                return TagOutcome.Absent;
            }

            var present = known.Find(t => string.Equals(t.Name, destination, StringComparison.Ordinal));
            var isLive = present is { DeletedAt: null };
            if (isLive && !overrides)
            {
                return TagOutcome.Exists;
            }

            if (isLive && !string.Equals(present!.Digest, digest, StringComparison.Ordinal) && ImmutableTags.Protect(repository.ImmutableTags, destination))
            {
                return TagOutcome.Immutable;
            }

            var (added, grown) = isLive ? (0, size - (present!.TotalSize ?? 0)) : (1, size);
            if (FindRefusal(repository, added, grown) is { } refusal)
            {
                return refusal;
            }

            var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            await UntaggedManifests.ForgetAsync(db, session, repositoryId, [digest]);
            await SetAsync(db, session, repositoryId, digest, [destination], present is null ? [] : [destination], now, progress);
            string[] moved = isLive && string.Equals(present!.Digest, digest, StringComparison.Ordinal) ? [] : [destination];
            await events.AnnounceAsync(session, new(repository.OrganizationId, repositoryId, digest, moved) { UserName = userName });
            await repository.CountAsync(session, repositoryId, added, grown, now, new());
            return TagOutcome.Done;
        },
        cancellationToken);

    /// <summary>Takes back the deletion of a tag. It counts as moved now, so that what removes old tags does not take it again at once.</summary>
    /// <param name="repositoryId">The repository.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="userName">Who does it, for those who are told of it as of a push.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    public Task<TagOutcome> RestoreAsync(long repositoryId, string tag, string userName, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            if (await LockedRepository.TakeAsync(db, session, repositoryId) is not { } repository)
            {
                return TagOutcome.RepositoryGone;
            }

            var known = (await FindAsync(session, repositoryId, tag, tag)).SingleOrDefault();
            if (known is { DeletedAt: null })
            {
                return TagOutcome.Exists;
            }

            if (known?.TotalSize is not { } size)
            {
                return TagOutcome.Absent;
            }

            if (FindRefusal(repository, 1, size) is { } refusal)
            {
                return refusal;
            }

            // The collector does not hold the repository: it may have taken the tag since it was looked at.
            var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            if (await session.ExecuteAsync(
                "UPDATE tags SET deleted_at = NULL, updated_at = @now WHERE repository_id = @repositoryId AND name = @tag AND deleted_at IS NOT NULL",
                new { repositoryId, tag, now }) == 0)
            {
                return TagOutcome.Absent;
            }

            await events.AnnounceAsync(session, new(repository.OrganizationId, repositoryId, known.Digest, [tag]) { UserName = userName });
            await repository.CountAsync(session, repositoryId, 1, size, now, new());
            return TagOutcome.Done;
        },
        cancellationToken);

    /// <summary>Deletes a tag, if it is still what was seen of it; false when it was moved or deleted meanwhile.</summary>
    /// <param name="repositoryId">The repository.</param>
    /// <param name="seen">The tag as it was decided on.</param>
    /// <param name="userName">Who does it, for those who are told of it.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    public Task<bool> DeleteAsync(long repositoryId, TagRow seen, string userName, CancellationToken cancellationToken) => db.TransactAsync(
        async session => await LockedRepository.TakeAsync(db, session, repositoryId) is { } repository
            && (await DeleteAsync(session, repository, repositoryId, [seen], userName)).Count == 1,
        cancellationToken);

    /// <summary>Deletes those of some tags that are still what was seen of them, in a repository that is held; answers which.</summary>
    public async Task<IReadOnlyList<TagRow>> DeleteAsync(
        DbSession session, LockedRepository repository, long repositoryId, IReadOnlyCollection<TagRow> seen, string userName)
    {
        // Whoever pushed since has moved it, to another image or to a later time.
        var delete = $"""
            UPDATE tags SET deleted_at = {db.Now}, updated_at = @now
            WHERE repository_id = @repositoryId AND name = @Name AND digest = @Digest AND updated_at = @UpdatedAt AND deleted_at IS NULL
            """;

        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var gone = new List<TagRow>();
        foreach (var tag in seen.Where(t => !ImmutableTags.Protect(repository.ImmutableTags, t.Name)))
        {
            if (await session.ExecuteAsync(delete, new { repositoryId, tag.Name, tag.Digest, tag.UpdatedAt, now }) == 1)
            {
                gone.Add(tag);
            }
        }

        var bytes = 0L;
        foreach (var image in gone.GroupBy(static t => t.Digest, static t => t.Name, StringComparer.Ordinal))
        {
            string[] names = [.. image];
            await events.AnnounceDeletionAsync(session, new(repository.OrganizationId, repositoryId, image.Key, names) { UserName = userName });
            bytes += names.Length * await session.FindAsync<long>(
                "SELECT total_size FROM manifests WHERE repository_id = @repositoryId AND digest = @digest", new { repositoryId, digest = image.Key });
        }

        if (gone.Count > 0)
        {
            await repository.CountAsync(session, repositoryId, -gone.Count, -bytes, now, new());
        }

        return gone;
    }

    /// <summary>Lets tags of a repository that is held point to a manifest. The counters are the caller's.</summary>
    /// <param name="db">The database.</param>
    /// <param name="session">The transaction.</param>
    /// <param name="repositoryId">The repository.</param>
    /// <param name="digest">The manifest.</param>
    /// <param name="tags">The tags.</param>
    /// <param name="known">Those of them that have a row, deleted or not.</param>
    /// <param name="now">The time of the change.</param>
    /// <param name="progress">Told whether rows are added or changed.</param>
    public static async Task SetAsync(
        ImagesDb db, DbSession session, long repositoryId, string digest, IReadOnlyCollection<string> tags, string[] known, long now, ManifestProgress progress)
    {
        if (known.Length > 0)
        {
            progress.Step = ManifestStep.UpdateTag;
            await session.ExecuteAsync(
                $"UPDATE tags SET digest = @digest, updated_at = @now, deleted_at = NULL WHERE repository_id = @repositoryId AND {db.In("name", "known")}",
                new { repositoryId, digest, known, now });
        }

        foreach (var tag in tags.Except(known, StringComparer.Ordinal))
        {
            progress.Step = ManifestStep.CreateTag;
            var id = await Sequence.NextAsync(session, "tags");
            await session.ExecuteAsync(
                "INSERT INTO tags (id, repository_id, name, digest, created_at, updated_at) VALUES (@id, @repositoryId, @tag, @digest, @now, @now)",
                new { id, repositoryId, tag, digest, now });
        }
    }

    private TagOutcome? FindRefusal(LockedRepository repository, int added, long grown) =>
        added > 0 && options.Value.MaxTagsPerRepository is > 0 and var limit && repository.NumImages + added > limit ? TagOutcome.QuotaExceeded
        : repository.Size + (Int128)grown > StoreManifest.MaxRepositoryBytes ? TagOutcome.TooLarge
        : null;

    private async Task<List<KnownTag>> FindAsync(DbSession session, long repositoryId, params string[] names) =>
    [
        .. await session.QueryAsync<KnownTag>(
            $"""
            SELECT t.name, t.digest, t.deleted_at, m.total_size
            FROM tags t LEFT JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest
            WHERE t.repository_id = @repositoryId AND {db.In("t.name", "names")}
            """,
            new { repositoryId, names }),
    ];

    private sealed record KnownTag
    {
        public string Name { get; init; } = "";

        public string Digest { get; init; } = "";

        public long? DeletedAt { get; init; }

        /// <summary>Null when its manifest is not there.</summary>
        public long? TotalSize { get; init; }
    }
}

/// <summary>What became of a change of a tag.</summary>
internal enum TagOutcome
{
    Done,
    RepositoryGone,

    /// <summary>There is no such tag, or none that can be restored.</summary>
    Absent,

    /// <summary>There is one where there should be none.</summary>
    Exists,

    /// <summary>The tag stays where it is.</summary>
    Immutable,
    QuotaExceeded,

    /// <summary>The repository would be larger than can be counted.</summary>
    TooLarge,
}
