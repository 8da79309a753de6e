namespace Stagedoor.Addons.Instances;

/// <summary>Names the add-ons that run an image: by what their objects say, of the revision that is there and of one that is on its way.</summary>
internal sealed class AddonImages(AddonsDb db) : IImageHolders
{
    private const int Most = 1_000;

    public async Task<IReadOnlyList<ImageHolder>> FindHoldersAsync(string repository, IReadOnlyCollection<TaggedImage> images, CancellationToken cancellationToken)
    {
        var sql = $"""
            SELECT m.tag, m.digest, i.template AS name, i.cluster_id, c.name AS cluster FROM addon_image m
            JOIN addon_instance i ON i.id = m.instance_id
            JOIN addon_revision r ON r.instance_id = m.instance_id AND r.revision = m.revision
            LEFT JOIN cluster c ON c.id = i.cluster_id
            WHERE m.repository = @repository AND (r.status = 'deployed' OR m.revision = i.revision)
            AND ({db.In("m.tag", "tags")} OR {db.In("m.digest", "digests")})
            ORDER BY i.template, i.cluster_id LIMIT {Most}
            """;
        var named = images.Count == 0
            ? []
            : await db.QueryAsync<Row>(
                sql, new { repository, tags = images.Select(static i => i.Tag).ToArray(), digests = images.Select(static i => i.Digest).ToArray() }, cancellationToken);
        return
        [
            .. (from image in images
                from row in named
                where row.Digest.Length > 0 ? string.Equals(row.Digest, image.Digest, StringComparison.Ordinal) : string.Equals(row.Tag, image.Tag
, StringComparison.Ordinal) select new ImageHolder(image.Tag, "add-on", $"{row.Name} in cluster {row.Cluster ?? row.ClusterId}")).Distinct(),
        ];
    }

    private sealed record Row
    {
        public string Tag { get; init; } = "";

        public string Digest { get; init; } = "";

        public string Name { get; init; } = "";

        public string ClusterId { get; init; } = "";

        public string? Cluster { get; init; }
    }
}
