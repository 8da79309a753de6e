using System.Globalization;

namespace Stagedoor.Images.Tags;

/// <summary>
/// What is attached to images: signatures, attestations and lists of parts. Older clients attach by a tag that is made of the image's digest, newer ones by
/// the subject of a manifest.
/// </summary>
internal sealed class AccessoryStore(ImagesDb db)
{
    private static readonly (string Suffix, string Type)[] s_kinds = [(".sig", "signature.cosign"), (".att", "attestation.cosign"), (".sbom", "sbom.cosign")];

    /// <summary>How much is attached to a manifest, and a part of it: tags first, then manifests in the order of their digests.</summary>
    public Task<(long Total, IReadOnlyList<AccessoryRow> Page)> ListAsync(
        long repositoryId, string digest, int offset, int limit, CancellationToken cancellationToken) => db.ReadAsync<(long, IReadOnlyList<AccessoryRow>)>(
        async session =>
        {
            var names = s_kinds.Select(k => digest.Replace(':', '-') + k.Suffix).ToArray();
            var tags = await session.QueryAsync<AccessoryRow>(
                $"""
                SELECT t.id, t.name AS tag, t.digest, m.total_size AS size, t.created_at, t.updated_at
                FROM tags t JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest
                WHERE t.repository_id = @repositoryId AND {db.In("t.name", "names")} AND t.deleted_at IS NULL
                ORDER BY t.name
                """,
                new { repositoryId, names });
            // One that says what it is about and has such a tag too is there once.
            var tagged = tags.Select(static t => t.Digest).ToArray();
            var values = new { repositoryId, digest, tagged, offset = Math.Max(0, offset - tags.Count), limit };
            var referrers = $"FROM manifests m WHERE m.repository_id = @repositoryId AND m.subject = @digest AND NOT ({db.In("m.digest", "tagged")})";
            var total = tags.Count + await session.FindAsync<long>($"SELECT COUNT(*) {referrers}", values);
            var page = tags.Skip(offset).Take(limit).Select(static t => t with { Type = TypeOf(t.Tag) }).ToList();
            if (page.Count < limit)
            {
                page.AddRange((await session.QueryAsync<AccessoryRow>(
                    $"""
                    SELECT m.digest, m.artifact_type AS type, m.total_size AS size, m.created_at, m.created_at AS updated_at, COALESCE((
                        SELECT MIN(t.name) FROM tags t WHERE t.repository_id = m.repository_id AND t.digest = m.digest AND t.deleted_at IS NULL), '') AS tag
                    {referrers} ORDER BY m.digest LIMIT @limit OFFSET @offset
                    """,
                    values)).Take(limit - page.Count).Select(static r => r with { Id = IdOf(r.Digest) }));
            }

            return (total, page);
        },
        cancellationToken);

    /// <summary>The tags on what this tag is attached to, after <paramref name="last"/>; null when there is no such tag.</summary>
    public Task<IReadOnlyList<string>?> ListTargetsAsync(long repositoryId, string tag, string last, int count, CancellationToken cancellationToken) => db.ReadAsync(
        async session =>
        {
            var values = new { repositoryId, tag, last, count };
            var found = await session.FindAsync<TargetRow>(
                """
                SELECT t.digest, m.subject FROM tags t LEFT JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest
                WHERE t.repository_id = @repositoryId AND t.name = @tag AND t.deleted_at IS NULL
                """,
                values);
            if (found is null)
            {
                return null;
            }

            return (FindTarget(tag) ?? found.Subject) is { } target
                ? await session.QueryAsync<string>(
                    """
                    SELECT name FROM tags WHERE repository_id = @repositoryId AND digest = @target AND deleted_at IS NULL AND name > @last
                    ORDER BY name LIMIT @count
                    """,
                    new { repositoryId, target, last, count })
                : [];
        },
        cancellationToken);

    /// <summary>The digest that the name of a tag says it is attached to; null when it says none.</summary>
    internal static string? FindTarget(string tag) =>
        Array.Find(s_kinds, k => tag.EndsWith(k.Suffix, StringComparison.Ordinal)).Suffix is { } suffix
        && tag.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash
        && Digest.TryParse($"{tag[..dash]}:{tag[(dash + 1)..^suffix.Length]}", out var digest)
            ? digest.ToString()
            : null;

    private static string TypeOf(string tag) => Array.Find(s_kinds, k => tag.EndsWith(k.Suffix, StringComparison.Ordinal)).Type;

    // Manifests have no number: one made of their digest, which fits what JavaScript can count.
    private static long IdOf(string digest) => long.Parse(digest.AsSpan(digest.IndexOf(':', StringComparison.Ordinal) + 1, 13), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private sealed record TargetRow
    {
        public string Digest { get; init; } = "";

        public string? Subject { get; init; }
    }
}

/// <summary>Something that is attached to an image.</summary>
internal sealed record AccessoryRow
{
    public long Id { get; init; }

    /// <summary>A tag on it; empty when there is none.</summary>
    public string Tag { get; init; } = "";

    public string Digest { get; init; } = "";

    public string Type { get; init; } = "";

    public long Size { get; init; }

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }
}
