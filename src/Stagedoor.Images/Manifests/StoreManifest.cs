using Microsoft.Extensions.Options;
using Stagedoor.Images.Quotas;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Tags;
using Stagedoor.Images.Untagged;
using Stagedoor.Storage;

namespace Stagedoor.Images.Manifests;

/// <summary>The transaction of a push: looks whether everything that the manifest refers to is there as it says, and stores it with its tags.</summary>
internal sealed class StoreManifest(ImagesDb db, BlobLinks links, TagEvents events, TimeProvider clock, IOptions<ImagesOptions> options)
{
    /// <summary>The most bytes that one image, or the images of one index, may state: 1 PiB.</summary>
    public const long MaxImageBytes = 1L << 50;

    /// <summary>The most bytes that a repository's tags may add up to: 1 EiB, far from where the counters would overflow.</summary>
    public const long MaxRepositoryBytes = 1L << 60;

    private const int MaxParameters = 500;

    private const string Unstored = "unstored";
    private const string Unlinked = "unlinked";

    /// <summary>Stores the manifest, unless something speaks against it; then nothing but the time of use of what it refers to has changed.</summary>
    public Task<PushOutcome> RunAsync(ManifestPush push, ManifestProgress progress, CancellationToken cancellationToken) =>
        db.TransactAsync(session => push.Brought.Count == 0 ? RunAsync(session, push, progress) : RunWithBlobsAsync(session, push, progress), cancellationToken);

    /// <summary>Why a repository that is not there yet could not take the manifest, so that none is made for it; null when it could.</summary>
    /// <param name="push">The manifest.</param>
    /// <param name="isSparse">Whether an index there may name manifests that are not there.</param>
    public PushOutcome? FindRefusalOfNew(ManifestPush push, bool isSparse)
    {
        if (!push.Precondition.Holds(null))
        {
            return new(PushResult.PreconditionFailed);
        }

        if (Check(push.Document, [], isSparse) is { } refusal)
        {
            return refusal;
        }

        if (options.Value.MaxTagsPerRepository is > 0 and var limit && push.Tags.Count > limit)
        {
            return new(PushResult.TagQuotaExceeded);
        }

        return Total(push.Document, []) > MaxImageBytes ? new(PushResult.TooLarge, Number: MaxImageBytes) : null;
    }

    // Nobody else sees the links before the manifest, so that none of them has told a client of a blob when they are taken back.
    private async Task<PushOutcome> RunWithBlobsAsync(DbSession session, ManifestPush push, ManifestProgress progress)
    {
        await session.ExecuteAsync($"SAVEPOINT {Unlinked}");
        var outcome = await RunAsync(session, push, progress);
        if (outcome.Result is not PushResult.Stored)
        {
            await session.ExecuteAsync($"ROLLBACK TO SAVEPOINT {Unlinked}");
        }

        return outcome;
    }

    private async Task<PushOutcome> RunAsync(DbSession session, ManifestPush push, ManifestProgress progress)
    {
        progress.Step = ManifestStep.Manifest;
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var values = new { repositoryId = push.RepositoryId, digest = push.Digest.ToString() };
        if (await LockedRepository.TakeAsync(db, session, push.RepositoryId) is not { } repository)
        {
            return new(PushResult.RepositoryGone);
        }

        var stored = await session.FindAsync<StoredRow>(
            "SELECT media_type, total_size FROM manifests WHERE repository_id = @repositoryId AND digest = @digest", values);
        var tags = await FindTagsAsync(session, push);
        if (!push.Precondition.Holds(push.ByTag ? tags.Find(static t => t.DeletedAt is null)?.Digest : stored is null ? null : values.digest))
        {
            return new(PushResult.PreconditionFailed);
        }

        // The bytes do not say what they are, and whoever pulls them is told one type only.
        if (stored is not null && !string.Equals(stored.MediaType, push.Document.MediaType, StringComparison.Ordinal))
        {
            return new(PushResult.OtherMediaType, stored.MediaType);
        }

        progress.Step = ManifestStep.Blobs;
        foreach (var (brought, length) in push.Brought.OrderBy(static b => b.Digest.ToString(), StringComparer.Ordinal))
        {
            if (await links.LinkAsync(session, push.RepositoryId, brought, length) is not LinkResult.Linked)
            {
                return new(PushResult.LayerMissing, brought.ToString());
            }
        }

        progress.Step = ManifestStep.Manifest;
        var references = await FindReferencesAsync(session, push);
        if (Check(push.Document, references, repository.SparseIndexes == 1) is { } refusal)
        {
            return refusal;
        }

        if (push.Document.Subject is { } subject && await FindSizeAsync(session, push.RepositoryId, subject.Digest) is { } size && size != subject.Size)
        {
            return new(PushResult.OtherSize, subject.Digest.ToString(), size);
        }

        var live = tags.Where(static t => t.DeletedAt is null).ToList();
        if (live.Find(t => !string.Equals(t.Digest, values.digest, StringComparison.Ordinal) && ImmutableTags.Protect(repository.ImmutableTags, t.Name)) is { } kept)
        {
            return new(PushResult.TagImmutable, kept.Name);
        }

        var added = push.Tags.Count - live.Count;
        if (options.Value.MaxTagsPerRepository is > 0 and var limit && repository.NumImages + added > limit)
        {
            return new(PushResult.TagQuotaExceeded);
        }

        var sum = stored?.TotalSize ?? Total(push.Document, references);
        var grown = (sum * push.Tags.Count) - live.Aggregate(default(Int128), static (bytes, t) => bytes + t.TotalSize);
        if (sum > MaxImageBytes || repository.Size + grown > MaxRepositoryBytes)
        {
            return new(PushResult.TooLarge, Number: sum > MaxImageBytes ? MaxImageBytes : MaxRepositoryBytes);
        }

        var most = repository.QuotaBytes ?? options.Value.MaxBytesPerOrganization;
        var held = 0L;
        if (stored is null)
        {
            if (most > 0)
            {
                await session.ExecuteAsync($"SAVEPOINT {Unstored}");
            }

            await InsertAsync(session, push, references, (long)sum, now);
            held = push.Content.LongLength + await OrganizationUsage.AddAsync(session, repository.OrganizationId, push.RepositoryId, values.digest);
        }

        await UntaggedManifests.ForgetAsync(
            db, session, push.RepositoryId, [values.digest, .. references.Values.Where(static r => r.IsBlob == 0).Select(static r => r.Digest)]);

        await SetTagsAsync(session, push, tags, now, progress);
        var unmoved = live.Where(t => string.Equals(t.Digest, values.digest, StringComparison.Ordinal)).Select(static t => t.Name);
        progress.Step = ManifestStep.Manifest;
        await events.AnnounceAsync(
            session,
            new(push.OrganizationId, push.RepositoryId, values.digest, [.. push.Tags.Except(unmoved, StringComparer.Ordinal)]) { UserName = push.UserName });
        var used = await repository.CountAsync(session, push.RepositoryId, added, (long)grown, now, progress, held);
        if (held > 0 && most > 0 && used > most)
        {
            // Only now is it certain, since others wait for the row that was just written.
            await session.ExecuteAsync($"ROLLBACK TO SAVEPOINT {Unstored}");
            return new(PushResult.ByteQuotaExceeded, Number: most, Used: used - held, Added: held);
        }

        return new(PushResult.Stored);
    }

    private static Task<long?> FindSizeAsync(DbSession session, long repositoryId, Digest digest) => session.FindAsync<long?>(
        "SELECT size FROM manifests WHERE repository_id = @repositoryId AND digest = @digest", new { repositoryId, digest = digest.ToString() });

    private async Task<List<PushedTag>> FindTagsAsync(DbSession session, ManifestPush push) => push.Tags.Count == 0 ? [] :
    [
        .. await session.QueryAsync<PushedTag>(
            $"""
            SELECT t.name, t.digest, t.deleted_at, COALESCE(m.total_size, 0) AS total_size
            FROM tags t LEFT JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest
            WHERE t.repository_id = @repositoryId AND {db.In("t.name", "tags")}
            """,
            new { repositoryId = push.RepositoryId, tags = push.Tags.ToArray() }),
    ];

    /// <summary>What the repository has of that which the manifest refers to.</summary>
    private async Task<Dictionary<string, ReferenceRow>> FindReferencesAsync(DbSession session, ManifestPush push)
    {
        var found = new Dictionary<string, ReferenceRow>(StringComparer.Ordinal);
        var digests = push.Document.References.Select(static r => r.Digest.ToString()).Distinct(StringComparer.Ordinal).ToList();
        if (push.Document.IsIndex)
        {
            foreach (var chunk in digests.Chunk(MaxParameters))
            {
                Add(await session.QueryAsync<ReferenceRow>(
                    $"SELECT digest, size, total_size, CAST(0 AS BIGINT) AS is_blob FROM manifests WHERE repository_id = @repositoryId AND {db.In("digest", "chunk")}",
                    new { repositoryId = push.RepositoryId, chunk }));
            }
        }

        // What is no manifest of an index may be a blob: indexes of build caches are like that. Touching the links holds them: the collector
        // either has taken them before, or leaves them for as long as a lease.
        foreach (var chunk in digests.Where(d => !found.ContainsKey(d)).ToList().Chunk(MaxParameters))
        {
            Add(await session.QueryAsync<ReferenceRow>(
                $"""
                UPDATE blob_links SET used_at = {db.Now} WHERE repository_id = @repositoryId AND {db.In("digest", "chunk")}
                RETURNING digest, (SELECT b.size FROM blobs b WHERE b.digest = blob_links.digest) AS size, CAST(0 AS BIGINT) AS total_size, CAST(1 AS BIGINT) AS is_blob
                """,
                new { repositoryId = push.RepositoryId, chunk }));
        }

        return found;

        void Add(IReadOnlyList<ReferenceRow> rows)
        {
            foreach (var row in rows)
            {
                found[row.Digest] = row;
            }
        }
    }

    // The configuration comes first: it is what clients can do the least without.
    private static PushOutcome? Check(ManifestDocument document, Dictionary<string, ReferenceRow> found, bool isSparse)
    {
        foreach (var reference in document.References)
        {
            var digest = reference.Digest.ToString();
            if (!found.TryGetValue(digest, out var row))
            {
                if (reference.IsRequired && !(document.IsIndex && isSparse))
                {
                    return new(document.IsIndex ? PushResult.ChildMissing : reference == document.Config ? PushResult.ConfigMissing : PushResult.LayerMissing, digest);
                }
            }
            else if (row.Size != reference.Size)
            {
                return new(PushResult.OtherSize, digest, row.Size);
            }
        }

        return null;
    }

    // Configuration and layers, or what the children of an index add up to.
    private static Int128 Total(ManifestDocument document, Dictionary<string, ReferenceRow> found) => document.IsIndex
        ? found.Values.Aggregate(default(Int128), static (sum, child) => sum + child.TotalSize)
        : document.References.Aggregate(default(Int128), static (sum, reference) => sum + reference.Size);

    private static async Task InsertAsync(DbSession session, ManifestPush push, Dictionary<string, ReferenceRow> found, long total, long now)
    {
        const string Insert = """
            INSERT INTO manifests (
                repository_id, digest, media_type, artifact_type, subject, config_digest, is_index, size, total_size, annotations, content, created_at)
            VALUES (
                @repositoryId, @digest, @mediaType, @artifactType, @subject, @configDigest, @isIndex, @size, @total, @annotations, @content, @now)
            """;
        const string Refer = """
            INSERT INTO manifest_refs (repository_id, manifest_digest, digest, is_blob) VALUES (@repositoryId, @digest, @target, @isBlob)
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
        await session.ExecuteAsync(
            Insert,
            new
            {
                repositoryId,
                digest,
                mediaType = document.MediaType,
                artifactType = document.ArtifactType,
                subject = document.Subject?.Digest.ToString(),
                configDigest = document.Config?.Digest.ToString() ?? "",
                isIndex = document.IsIndex ? 1 : 0,
                size = push.Content.LongLength,
                total,
                annotations = document.Subject is null ? null : document.Annotations,
                content = push.Content,
                now,
            });
        foreach (var reference in document.References.DistinctBy(static r => r.Digest))
        {
            var target = reference.Digest.ToString();
            var isBlob = found.TryGetValue(target, out var row) ? row.IsBlob
                : document.IsIndex && (MediaTypes.IsIndex(reference.MediaType) || MediaTypes.IsManifest(reference.MediaType)) ? 0 : 1;
            await session.ExecuteAsync(Refer, new { repositoryId, digest, target, isBlob });
        }

        await session.ExecuteAsync(Count, new { repositoryId, digest });
    }

    private Task SetTagsAsync(DbSession session, ManifestPush push, List<PushedTag> known, long now, ManifestProgress progress) => TagStore.SetAsync(
        db, session, push.RepositoryId, push.Digest.ToString(), push.Tags, [.. known.Select(static t => t.Name)], now, progress);

    private sealed record StoredRow
    {
        public string MediaType { get; init; } = "";

        public long TotalSize { get; init; }
    }

    private sealed record PushedTag
    {
        public string Name { get; init; } = "";

        public string Digest { get; init; } = "";

        public long? DeletedAt { get; init; }

        public long TotalSize { get; init; }
    }

    private sealed record ReferenceRow
    {
        public string Digest { get; init; } = "";

        public long Size { get; init; }

        public long TotalSize { get; init; }

        public long IsBlob { get; init; }
    }
}
