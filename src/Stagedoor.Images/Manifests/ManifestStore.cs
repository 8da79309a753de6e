using System.Text.Json;
using Stagedoor.Images.Quotas;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Tags;
using Stagedoor.Storage;

namespace Stagedoor.Images.Manifests;

/// <summary>Manifests and tags.</summary>
internal sealed class ManifestStore(ImagesDb db, TagEvents events, TagGuard guard, TimeProvider clock)
{
    /// <summary>
    /// How many tags of a manifest are removed in one transaction, for which everybody waits who writes to SQLite. Of a million tags with names in no order each
    /// took 46 µs of processor time.
    /// </summary>
    public const int TagPortion = 100;

    /// <summary>The digest that a tag points to; null when there is no such tag.</summary>
    public Task<string?> FindTagAsync(long repositoryId, string tag, CancellationToken cancellationToken) => db.FindAsync<string>(
        "SELECT digest FROM tags WHERE repository_id = @repositoryId AND name = @tag AND deleted_at IS NULL",
        new { repositoryId, tag },
        cancellationToken);

    public async Task<bool> ExistsAsync(long repositoryId, string digest, CancellationToken cancellationToken) => await db.FindAsync<long>(
        "SELECT COUNT(*) FROM manifests WHERE repository_id = @repositoryId AND digest = @digest",
        new { repositoryId, digest },
        cancellationToken) > 0;

    public Task<StoredManifest?> FindAsync(long repositoryId, string digest, CancellationToken cancellationToken) => db.FindAsync<StoredManifest>(
        "SELECT digest, media_type, content FROM manifests WHERE repository_id = @repositoryId AND digest = @digest",
        new { repositoryId, digest },
        cancellationToken);

    /// <summary>Takes a tag away; false when there is none, or it stays (<see cref="ImmutableTags"/>). What it pointed to stays.</summary>
    /// <param name="repositoryId">The repository.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="userName">Who does it, for those who are told of it.</param>
    /// <param name="progress">Told which row is at hand.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    public Task<bool> DeleteTagAsync(long repositoryId, string tag, string userName, ManifestProgress progress, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            progress.Step = ManifestStep.Manifest;
            var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            var values = new { repositoryId, tag, now };
            if (await LockedRepository.TakeAsync(db, session, repositoryId) is not { } repository
                || ImmutableTags.Protect(repository.ImmutableTags, tag)
                || await session.FindAsync<string>(
                    $"""
                    UPDATE tags SET deleted_at = {db.Now}, updated_at = @now
                    WHERE repository_id = @repositoryId AND name = @tag AND deleted_at IS NULL
                    RETURNING digest
                    """,
                    values) is not { } digest)
            {
                return false;
            }

            await events.AnnounceDeletionAsync(session, new(repository.OrganizationId, repositoryId, digest, [tag]) { UserName = userName });
            var total = await FindTotalAsync(session, repositoryId, digest) ?? 0;
            await repository.CountAsync(session, repositoryId, -1, -total, now, progress);
            return true;
        },
        cancellationToken);

    /// <summary>
    /// Removes a manifest and every tag on it, unless one of them stays (<see cref="ImmutableTags"/>) or it is part of an image with such a tag. The tags go first, some at a time, so that others can
    /// write in between: were it to end there, the manifest would be there for those that are left, and the deletion can be asked for again.
    /// </summary>
    /// <param name="repositoryId">The repository.</param>
    /// <param name="digest">The manifest.</param>
    /// <param name="userName">Who does it, for those who are told of it.</param>
    /// <param name="progress">Told which row is at hand.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    public async Task<ManifestDeletion> DeleteAsync(long repositoryId, string digest, string userName, ManifestProgress progress, CancellationToken cancellationToken)
    {
        var (began, patterns) = (false, "");
        while (true)
        {
            // All tags are looked at before the first goes, and nobody waits for it; again when other patterns came meanwhile. A tag that came meanwhile is
            // looked at by the portion that would remove it.
            var free = patterns;
            var portion = await db.TransactAsync(session => DeletePortionAsync(session, repositoryId, digest, free, userName, progress), cancellationToken);
            switch (portion.State)
            {
                case Deletion.Continues:
                    began = true;
                    break;
                case Deletion.Unchecked:
                    patterns = portion.Text;
                    if (await guard.FindKeptAsync(repositoryId, digest, patterns, cancellationToken) is { } kept)
                    {
                        return new(IsDeleted: false, kept);
                    }

                    if (await db.ReadAsync(session => TagGuard.FindHolderAsync(db, session, repositoryId, digest, patterns), cancellationToken) is { } above)
                    {
                        return new(IsDeleted: false, above, IsPart: true);
                    }

                    break;
                case Deletion.Kept or Deletion.Part:
                    return new(IsDeleted: false, portion.Text, portion.State is Deletion.Part);
                default:
                    return new(began || portion.State is Deletion.Done);
            }
        }
    }

    private async Task<Portion> DeletePortionAsync(
        DbSession session, long repositoryId, string digest, string free, string userName, ManifestProgress progress)
    {
        progress.Step = ManifestStep.Manifest;
        var values = new { repositoryId, digest, portion = TagPortion };
        if (await LockedRepository.TakeAsync(db, session, repositoryId) is not { } repository
            || await FindTotalAsync(session, repositoryId, digest) is not { } total)
        {
            return new(Deletion.Absent);
        }

        if (repository.ImmutableTags.Length > 0 && !string.Equals(repository.ImmutableTags, free, StringComparison.Ordinal))
        {
            return new(Deletion.Unchecked, repository.ImmutableTags);
        }

        var tags = await session.QueryAsync<DeletedTag>(
            "SELECT name, deleted_at FROM tags WHERE repository_id = @repositoryId AND digest = @digest ORDER BY name LIMIT @portion", values);
        if (tags.FirstOrDefault(t => t.DeletedAt is null && ImmutableTags.Protect(repository.ImmutableTags, t.Name)) is { } kept)
        {
            return new(Deletion.Kept, kept.Name);
        }

        // An index that names it may have come since it was looked for.
        var isLast = tags.Count < TagPortion;
        if (isLast && await TagGuard.FindHolderAsync(db, session, repositoryId, digest, repository.ImmutableTags) is { } holder)
        {
            return new(Deletion.Part, holder);
        }

        string[] names = [.. tags.Select(static t => t.Name)];
        await session.ExecuteAsync($"DELETE FROM tags WHERE repository_id = @repositoryId AND {db.In("name", nameof(names))}", new { repositoryId, names });
        string[] live = [.. tags.Where(static t => t.DeletedAt is null).Select(static t => t.Name)];
        await events.AnnounceDeletionAsync(session, new(repository.OrganizationId, repositoryId, digest, live) { UserName = userName });
        var freed = isLast ? await RemoveAsync(db, session, repository.OrganizationId, repositoryId, digest, progress) : 0;
        await repository.CountAsync(
            session, repositoryId, -live.Length, -live.Length * total, clock.GetUtcNow().ToUnixTimeMilliseconds(), progress, -freed);
        return new(isLast ? Deletion.Done : Deletion.Continues);
    }

    /// <summary>
    /// Removes a manifest without tags, of a repository that is held, and takes back what it referred to. Answers the bytes that its organization holds no
    /// longer, which are still to be taken off.
    /// </summary>
    public static async Task<long> RemoveAsync(
        ImagesDb db, DbSession session, long organizationId, long repositoryId, string digest, ManifestProgress? progress = null)
    {
        const string Release = """
            UPDATE blob_refs SET ref_count = ref_count - 1
            WHERE repository_id = @repositoryId AND digest IN (
                SELECT r.digest FROM manifest_refs r
                WHERE r.repository_id = @repositoryId AND r.manifest_digest = @digest AND r.is_blob = 1)
            RETURNING digest, ref_count
            """;

        var values = new { repositoryId, digest };
        var sizes = await session.QueryAsync<long>("DELETE FROM manifests WHERE repository_id = @repositoryId AND digest = @digest RETURNING size", values);
        foreach (var table in (string[])["manifest_pulls", "untagged_manifests"])
        {
            await session.ExecuteAsync($"DELETE FROM {table} WHERE repository_id = @repositoryId AND digest = @digest", values);
        }

        progress?.Step = ManifestStep.References;
        var counts = await session.QueryAsync<BlobCount>(Release, values);
        await session.ExecuteAsync("DELETE FROM manifest_refs WHERE repository_id = @repositoryId AND manifest_digest = @digest", values);
        string[] unneeded = [.. counts.Where(static c => c.RefCount == 0).Select(static c => c.Digest).Order(StringComparer.Ordinal)];
        return sizes.Sum() + await OrganizationUsage.ReleaseAsync(db, session, organizationId, unneeded);
    }

    /// <summary>Names of tags after <paramref name="last"/>, in ASCII order.</summary>
    public Task<IReadOnlyList<string>> ListTagsAsync(long repositoryId, string last, int count, CancellationToken cancellationToken) => db.QueryAsync<string>(
        """
        SELECT name FROM tags
        WHERE repository_id = @repositoryId AND name > @last AND deleted_at IS NULL
        ORDER BY name LIMIT @count
        """,
        new { repositoryId, last, count },
        cancellationToken);

    /// <summary>Manifests whose subject this is, after <paramref name="last"/> in the order of their digests.</summary>
    public Task<IReadOnlyList<Referrer>> ListReferrersAsync(
        long repositoryId, string subject, string artifactType, string last, int count, CancellationToken cancellationToken) => db.QueryAsync<Referrer>(
        """
        SELECT digest, media_type, artifact_type, size, annotations FROM manifests
        WHERE repository_id = @repositoryId AND subject = @subject AND digest > @last AND (@artifactType = '' OR artifact_type = @artifactType)
        ORDER BY digest LIMIT @count
        """,
        new { repositoryId, subject, artifactType, last, count },
        cancellationToken);

    private static Task<long?> FindTotalAsync(DbSession session, long repositoryId, string digest) => session.FindAsync<long?>(
        "SELECT total_size FROM manifests WHERE repository_id = @repositoryId AND digest = @digest", new { repositoryId, digest });

    private sealed record DeletedTag
    {
        public string Name { get; init; } = "";

        public long? DeletedAt { get; init; }
    }

    private sealed record BlobCount
    {
        public string Digest { get; init; } = "";

        public long RefCount { get; init; }
    }

    /// <summary>What became of a portion, and the patterns or the tag that are in the way.</summary>
    private readonly record struct Portion(Deletion State, string Text = "");

    private enum Deletion
    {
        Absent,
        Continues,
        Done,

        /// <summary>The repository has patterns that the tags were not looked at for.</summary>
        Unchecked,

        /// <summary>One of the tags stays, and so does the manifest.</summary>
        Kept,

        /// <summary>It is part of an image that has such a tag.</summary>
        Part,
    }
}

/// <summary>What became of the deletion of a manifest.</summary>
/// <param name="IsDeleted">It is gone; false also when there was none.</param>
/// <param name="Kept">A tag that stays, for which it was left.</param>
/// <param name="IsPart">The tag is not on the manifest itself but on an index that it is part of.</param>
internal readonly record struct ManifestDeletion(bool IsDeleted, string? Kept = null, bool IsPart = false);

/// <summary>A manifest as it is stored.</summary>
internal sealed record StoredManifest
{
    public string Digest { get; init; } = "";

    public string MediaType { get; init; } = "";

    public byte[] Content { get; init; } = [];
}

/// <summary>A manifest in a list of referrers.</summary>
internal sealed record Referrer
{
    public string Digest { get; init; } = "";

    public string MediaType { get; init; } = "";

    public string ArtifactType { get; init; } = "";

    public long Size { get; init; }

    public string? Annotations { get; init; }

    /// <summary>Writes it as an entry of an index.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("mediaType", MediaType);
        json.WriteString("digest", Digest);
        json.WriteNumber("size", Size);
        if (ArtifactType.Length > 0)
        {
            json.WriteString("artifactType", ArtifactType);
        }

        if (Annotations is { } annotations)
        {
            json.WritePropertyName("annotations");
            json.WriteRawValue(annotations);
        }

        json.WriteEndObject();
    }
}
