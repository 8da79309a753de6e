using System.Text;
using Stagedoor.Storage;

namespace Stagedoor.Images.Tags;

/// <summary>Tags as the management API shows and lists them.</summary>
internal sealed class TagCatalog(ImagesDb db)
{
    /// <summary>
    /// The most bytes of manifests in one answer: a page of the largest would be gigabytes. It is a hundred times what a page of usual images has; the rest
    /// of a page is without.
    /// </summary>
    public const int MaxManifestBytes = 16 * 1024 * 1024;

    private const int MaxParameters = 500;
    private const string Columns = "id, name, digest, created_at, updated_at, deleted_at";

    /// <summary>A tag; null when there is none, or it was deleted.</summary>
    public Task<TagRow?> FindAsync(long repositoryId, string tag, CancellationToken cancellationToken) => db.FindAsync<TagRow>(
        $"SELECT {Columns} FROM tags WHERE repository_id = @repositoryId AND name = @tag AND deleted_at IS NULL", new { repositoryId, tag }, cancellationToken);

    /// <summary>A part of the list, which is read from an index however long it is unless it is filtered by names.</summary>
    public async Task<IReadOnlyList<TagRow>> ListAsync(
        long repositoryId, TagFilter filter, TagOrder order, int offset, int limit, CancellationToken cancellationToken) => filter.IsEmpty ? [] :
        await db.QueryAsync<TagRow>(
            $"SELECT {Columns} FROM tags WHERE {Where(filter)} ORDER BY {order.Sql} LIMIT @limit OFFSET @offset",
            new { repositoryId, part = filter.NamePart, offset, limit },
            cancellationToken);

    /// <summary>The tags behind a place in the list; null for its beginning.</summary>
    public async Task<IReadOnlyList<TagRow>> ListAfterAsync(
        long repositoryId, TagFilter filter, TagOrder order, TagMarker? marker, int limit, CancellationToken cancellationToken) => filter.IsEmpty ? [] :
        await db.QueryAsync<TagRow>(
            $"SELECT {Columns} FROM tags WHERE {Where(filter)}{(marker is null ? "" : $" AND {order.After}")} ORDER BY {order.Sql} LIMIT @limit",
            new { repositoryId, part = filter.NamePart, name = marker?.Name, updatedAt = marker?.UpdatedAt, id = marker?.Id, limit },
            cancellationToken);

    /// <summary>How many tags the whole list has. Without a filter the repository knows.</summary>
    public async Task<long> CountAsync(long repositoryId, TagFilter filter, CancellationToken cancellationToken) => filter switch
    {
        { IsEmpty: true } => 0,
        { NamePart: null, AreDeleted: false } => await db.FindAsync<long>("SELECT num_images FROM repositories WHERE id = @repositoryId", new { repositoryId }, cancellationToken),
        _ => await db.FindAsync<long>($"SELECT COUNT(*) FROM tags WHERE {Where(filter)}", new { repositoryId, part = filter.NamePart }, cancellationToken),
    };

    /// <summary>What these tags point to, by digest. A manifest that is not there is missing in it.</summary>
    /// <param name="repositoryId">The repository.</param>
    /// <param name="tags">The tags of a page.</param>
    /// <param name="withText">Whether the text of the manifests is wanted.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    public Task<Dictionary<string, TagContent>> ReadContentsAsync(
        long repositoryId, IReadOnlyList<TagRow> tags, bool withText, CancellationToken cancellationToken)
    {
        string[] digests = [.. tags.Select(static t => t.Digest).Distinct(StringComparer.Ordinal)];
        return db.ReadAsync(
            async session =>
            {
                var rows = new List<ManifestRow>(digests.Length);
                foreach (var chunk in digests.Chunk(MaxParameters))
                {
                    rows.AddRange(await session.QueryAsync<ManifestRow>(
                        $"SELECT digest, config_digest, is_index, size, total_size FROM manifests WHERE repository_id = @repositoryId AND {db.In("digest", "chunk")}",
                        new { repositoryId, chunk }));
                }

                var texts = withText ? await ReadTextsAsync(session, repositoryId, digests, rows) : [];
                return rows.ToDictionary(
                    static r => r.Digest,
                    r => new TagContent(ImageId(r.ConfigDigest), texts.GetValueOrDefault(r.Digest, ""), r.TotalSize, r.IsIndex == 1),
                    StringComparer.Ordinal);
            },
            cancellationToken);
    }

    // Those of the first tags of the page, as many as fit.
    private async Task<Dictionary<string, string>> ReadTextsAsync(DbSession session, long repositoryId, string[] digests, List<ManifestRow> rows)
    {
        var sizes = rows.ToDictionary(static r => r.Digest, static r => r.Size, StringComparer.Ordinal);
        var left = (long)MaxManifestBytes;
        string[] wanted = [.. digests.Where(sizes.ContainsKey).TakeWhile(d => (left -= sizes[d]) >= 0)];
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var chunk in wanted.Chunk(MaxParameters))
        {
            foreach (var row in await session.QueryAsync<TextRow>(
                $"SELECT digest, content FROM manifests WHERE repository_id = @repositoryId AND {db.In("digest", "chunk")}", new { repositoryId, chunk }))
            {
                texts[row.Digest] = Encoding.UTF8.GetString(row.Content);
            }
        }

        return texts;
    }

    private string Where(TagFilter filter) =>
        $"repository_id = @repositoryId AND deleted_at IS {(filter.AreDeleted ? "NOT NULL" : "NULL")}"
        // Not LIKE, which takes no notice of letter case on one of the engines.
        + (filter.NamePart is null ? "" : db.Engine is "postgresql" ? " AND strpos(name, @part) > 0" : " AND instr(name, @part) > 0");

    private static string ImageId(string digest) => digest.StartsWith("sha256:", StringComparison.Ordinal) ? digest["sha256:".Length..] : digest;

    private sealed record ManifestRow
    {
        public string Digest { get; init; } = "";

        public string ConfigDigest { get; init; } = "";

        public long IsIndex { get; init; }

        public long Size { get; init; }

        public long TotalSize { get; init; }
    }

    private sealed record TextRow
    {
        public string Digest { get; init; } = "";

        public byte[] Content { get; init; } = [];
    }
}
