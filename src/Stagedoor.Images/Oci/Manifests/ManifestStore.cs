using Microsoft.Extensions.Options;
using Stagedoor.Storage;

namespace Stagedoor.Images.Oci.Manifests;

/// <summary>Manifests and tags.</summary>
internal sealed class ManifestStore(ImagesDb db, TimeProvider clock, IOptions<ImagesOptions> options)
{
    private const int MaxParameters = 500;

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

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

    /// <summary>Stores a manifest and its tags, when everything that it refers to is in the repository.</summary>
    public Task<PushOutcome> PushAsync(ManifestPush push, ManifestProgress progress, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            progress.Step = ManifestStep.Manifest;
            if (await FindMissingAsync(session, push) is { } missing)
            {
                return missing;
            }

            if (options.Value.MaxTagsPerRepository is > 0 and var limit && await ExceedsAsync(session, push, limit))
            {
                return new(PushResult.TagQuotaExceeded);
            }

            var total = await InsertAsync(session, push);
            var (tags, bytes) = (0L, 0L);
            foreach (var tag in push.Tags)
            {
                var (isNew, grown) = await SetTagAsync(session, push, tag, total, progress);
                tags += isNew ? 1 : 0;
                bytes += grown;
            }

            var values = new { id = push.RepositoryId, organizationId = push.OrganizationId, tags, bytes, now = Now };
            progress.Step = ManifestStep.Repository;
            await session.ExecuteAsync(
                "UPDATE repositories SET num_images = num_images + @tags, size = size + @bytes, updated_at = @now WHERE id = @id", values);
            progress.Step = ManifestStep.Organization;
            await session.ExecuteAsync(
                "UPDATE organizations SET tag_count = tag_count + @tags, updated_at = @now WHERE id = @organizationId", values);
            return new(PushResult.Stored);
        },
        cancellationToken);

    /// <summary>Takes a tag away; false when there is none. What it pointed to stays.</summary>
    public Task<bool> DeleteTagAsync(long repositoryId, string tag, ManifestProgress progress, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            progress.Step = ManifestStep.Manifest;
            var values = new { repositoryId, tag, now = Now };
            var digest = await session.FindAsync<string>(
                """
                UPDATE tags SET deleted_at = @now, updated_at = @now
                WHERE repository_id = @repositoryId AND name = @tag AND deleted_at IS NULL
                RETURNING digest
                """,
                values);
            if (digest is null)
            {
                return false;
            }

            await ShrinkAsync(session, repositoryId, 1, await TotalAsync(session, repositoryId, digest), progress);
            return true;
        },
        cancellationToken);

    /// <summary>Removes a manifest and every tag on it; false when there is none.</summary>
    public Task<bool> DeleteAsync(long repositoryId, string digest, ManifestProgress progress, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            progress.Step = ManifestStep.Manifest;
            var values = new { repositoryId, digest };
            var total = await TotalAsync(session, repositoryId, digest);
            var live = await session.FindAsync<long>(
                "SELECT COUNT(*) FROM tags WHERE repository_id = @repositoryId AND digest = @digest AND deleted_at IS NULL", values);
            await session.ExecuteAsync("DELETE FROM tags WHERE repository_id = @repositoryId AND digest = @digest", values);
            if (await session.ExecuteAsync("DELETE FROM manifests WHERE repository_id = @repositoryId AND digest = @digest", values) == 0)
            {
                return false;
            }

            progress.Step = ManifestStep.References;
            await ReleaseAsync(session, repositoryId, digest);
            await ShrinkAsync(session, repositoryId, live, live * total, progress);
            return true;
        },
        cancellationToken);

    /// <summary>Takes back what a removed manifest referred to.</summary>
    public static async Task ReleaseAsync(DbSession session, long repositoryId, string digest)
    {
        const string Release = """
            UPDATE blob_refs SET ref_count = ref_count - 1
            WHERE repository_id = @repositoryId AND digest IN (
                SELECT r.digest FROM manifest_refs r
                WHERE r.repository_id = @repositoryId AND r.manifest_digest = @digest AND r.is_blob = 1)
            """;

        var values = new { repositoryId, digest };
        await session.ExecuteAsync(Release, values);
        await session.ExecuteAsync("DELETE FROM manifest_refs WHERE repository_id = @repositoryId AND manifest_digest = @digest", values);
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

    private static Task<long> TotalAsync(DbSession session, long repositoryId, string digest) => session.FindAsync<long>(
        "SELECT total_size FROM manifests WHERE repository_id = @repositoryId AND digest = @digest", new { repositoryId, digest });

    private async Task ShrinkAsync(DbSession session, long repositoryId, long tags, long bytes, ManifestProgress progress)
    {
        var values = new { repositoryId, tags, bytes, now = Now };
        progress.Step = ManifestStep.Repository;
        await session.ExecuteAsync(
            "UPDATE repositories SET num_images = num_images - @tags, size = size - @bytes, updated_at = @now WHERE id = @repositoryId", values);
        progress.Step = ManifestStep.Organization;
        await session.ExecuteAsync(
            """
            UPDATE organizations SET tag_count = tag_count - @tags
            WHERE id = (SELECT organization_id FROM repositories WHERE id = @repositoryId)
            """,
            values);
    }

    private async Task<PushOutcome?> FindMissingAsync(DbSession session, ManifestPush push)
    {
        var document = push.Document;
        if (document.IsIndex)
        {
            var absent = await AbsentManifestsAsync(session, push.RepositoryId, document.Children);
            // What is no manifest may be a blob: indexes of build caches are like that.
            absent = await AbsentBlobsAsync(session, push.RepositoryId, absent);
            return absent.Count > 0 ? new(PushResult.ChildMissing, absent[0]) : null;
        }

        string[] blobs = [.. document.Layers.Where(static l => l.IsRequired).Append(document.Config!.Value).Select(static d => d.Digest.ToString()).Distinct(StringComparer.Ordinal)];
        var missing = await AbsentBlobsAsync(session, push.RepositoryId, blobs);
        var config = document.Config.Value.Digest.ToString();
        return missing.Count == 0 ? null
            : missing.Contains(config, StringComparer.Ordinal) ? new(PushResult.ConfigMissing, config)
            : new(PushResult.LayerMissing, missing[0]);
    }

    private async Task<IReadOnlyList<string>> AbsentManifestsAsync(
        DbSession session, long repositoryId, IReadOnlyList<ManifestDescriptor> children)
    {
        var absent = new List<string>();
        foreach (var chunk in children.Where(static c => c.IsRequired).Select(static c => c.Digest.ToString()).Distinct(StringComparer.Ordinal).Chunk(MaxParameters))
        {
            var present = await session.QueryAsync<string>(
                $"SELECT digest FROM manifests WHERE repository_id = @repositoryId AND {db.In("digest", "chunk")}", new { repositoryId, chunk });
            absent.AddRange(chunk.Except(present, StringComparer.Ordinal));
        }

        return absent;
    }

    // Touching the links holds them: the collector either has taken them before, or leaves them for as long as a lease.
    private async Task<IReadOnlyList<string>> AbsentBlobsAsync(DbSession session, long repositoryId, IReadOnlyList<string> digests)
    {
        var absent = new List<string>();
        foreach (var chunk in digests.Chunk(MaxParameters))
        {
            var values = new { repositoryId, chunk, now = Now };
            var touched = await session.ExecuteAsync(
                $"UPDATE blob_links SET used_at = @now WHERE repository_id = @repositoryId AND {db.In("digest", "chunk")}", values);
            if (touched < chunk.Length)
            {
                var present = await session.QueryAsync<string>(
                    $"SELECT digest FROM blob_links WHERE repository_id = @repositoryId AND {db.In("digest", "chunk")}", values);
                absent.AddRange(chunk.Except(present, StringComparer.Ordinal));
            }
        }

        return absent;
    }

    private async Task<bool> ExceedsAsync(DbSession session, ManifestPush push, int limit)
    {
        var values = new { id = push.RepositoryId, tags = push.Tags.ToArray(), now = Now };
        // Makes pushes to the repository wait for each other, so that the count stays true.
        await session.ExecuteAsync("UPDATE repositories SET updated_at = @now WHERE id = @id", values);
        var live = await session.FindAsync<long>("SELECT COUNT(*) FROM tags WHERE repository_id = @id AND deleted_at IS NULL", values);
        var moved = push.Tags.Count == 0 ? 0 : await session.FindAsync<long>(
            $"SELECT COUNT(*) FROM tags WHERE repository_id = @id AND deleted_at IS NULL AND {db.In("name", "tags")}", values);
        return live + push.Tags.Count - moved > limit;
    }

    // Answers the size of the image: configuration and layers, or those of an index's children.
    private async Task<long> InsertAsync(DbSession session, ManifestPush push)
    {
        const string Insert = """
            INSERT INTO manifests (
                repository_id, digest, media_type, artifact_type, subject, config_digest, is_index, size, total_size, annotations, content, created_at)
            VALUES (
                @repositoryId, @digest, @mediaType, @artifactType, @subject, @configDigest, @isIndex, @size, @total, @annotations, @content, @now)
            ON CONFLICT (repository_id, digest) DO NOTHING
            """;
        const string Count = """
            INSERT INTO blob_refs (repository_id, digest, ref_count)
            SELECT repository_id, digest, 1 FROM manifest_refs
            WHERE repository_id = @repositoryId AND manifest_digest = @digest AND is_blob = 1
            ON CONFLICT (repository_id, digest) DO UPDATE SET ref_count = blob_refs.ref_count + 1
            """;

        var document = push.Document;
        var repositoryId = push.RepositoryId;
        var digest = push.Digest.ToString();
        var total = document.Layers.Sum(static l => l.Size) + (document.Config?.Size ?? 0);
        foreach (var chunk in document.Children.Select(static c => c.Digest.ToString()).Distinct(StringComparer.Ordinal).Chunk(MaxParameters))
        {
            total += await session.FindAsync<long>(
                $"SELECT CAST(COALESCE(SUM(total_size), 0) AS BIGINT) FROM manifests WHERE repository_id = @repositoryId AND {db.In("digest", "chunk")}",
                new { repositoryId, chunk });
        }

        var inserted = await session.ExecuteAsync(
            Insert,
            new
            {
                repositoryId,
                digest,
                mediaType = document.MediaType,
                artifactType = document.ArtifactType,
                subject = document.Subject?.ToString(),
                configDigest = document.Config?.Digest.ToString() ?? "",
                isIndex = document.IsIndex ? 1 : 0,
                size = push.Content.LongLength,
                total,
                annotations = document.Subject is null ? null : document.Annotations,
                content = push.Content,
                now = Now,
            });
        if (inserted == 0)
        {
            return total;
        }

        var references = document.Layers.Select(static l => (l.Digest, IsBlob: 1L))
            .Concat(document.Children.Select(static c => (c.Digest, IsBlob: MediaTypes.IsIndex(c.MediaType) || MediaTypes.IsManifest(c.MediaType) ? 0L : 1L)))
            .Concat(document.Config is { } config ? [(config.Digest, 1L)] : [])
            .DistinctBy(static r => r.Digest);
        foreach (var (reference, isBlob) in references)
        {
            await session.ExecuteAsync(
                """
                INSERT INTO manifest_refs (repository_id, manifest_digest, digest, is_blob) VALUES (@repositoryId, @digest, @target, @isBlob)
                ON CONFLICT (repository_id, manifest_digest, digest) DO NOTHING
                """,
                new { repositoryId, digest, target = reference.ToString(), isBlob });
        }

        await session.ExecuteAsync(Count, new { repositoryId, digest });
        return total;
    }

    // Answers whether the repository has a tag more, and by how much it has grown.
    private async Task<(bool IsNew, long Grown)> SetTagAsync(
        DbSession session, ManifestPush push, string tag, long total, ManifestProgress progress)
    {
        var values = new { repositoryId = push.RepositoryId, tag, digest = push.Digest.ToString(), now = Now };
        progress.Step = ManifestStep.UpdateTag;
        var before = await session.FindAsync<TagRow>(
            "SELECT digest, deleted_at FROM tags WHERE repository_id = @repositoryId AND name = @tag", values);
        if (before is null)
        {
            progress.Step = ManifestStep.CreateTag;
            var id = await Sequence.NextAsync(session, "tags");
            var inserted = await session.ExecuteAsync(
                """
                INSERT INTO tags (id, repository_id, name, digest, created_at, updated_at) VALUES (@id, @repositoryId, @tag, @digest, @now, @now)
                ON CONFLICT (repository_id, name) DO UPDATE SET digest = @digest, updated_at = @now, deleted_at = NULL
                """,
                new { id, values.repositoryId, values.tag, values.digest, values.now });
            return (inserted == 1, total);
        }

        var replaced = before.DeletedAt is null ? await TotalAsync(session, push.RepositoryId, before.Digest) : 0;
        await session.ExecuteAsync(
            "UPDATE tags SET digest = @digest, updated_at = @now, deleted_at = NULL WHERE repository_id = @repositoryId AND name = @tag", values);
        return (before.DeletedAt is not null, total - replaced);
    }

    private sealed record TagRow
    {
        public string Digest { get; init; } = "";

        public long? DeletedAt { get; init; }
    }
}

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
}
