namespace Stagedoor.Images.Requests;

/// <summary>How many organizations, repositories and tags there are, of all accounts together.</summary>
internal sealed class ImagesCensus(ImagesDb db) : ICensus
{
    public string Service => "images";

    public async Task<IReadOnlyList<Headcount>> CountAsync(CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT COUNT(*) AS organizations, (SELECT COUNT(*) FROM repositories) AS repositories, CAST(COALESCE(SUM(tag_count), 0) AS BIGINT) AS tags
            FROM organizations
            """;

        var totals = await db.FindAsync<Totals>(Sql, new { }, cancellationToken) ?? new();
        return [new("organizations", totals.Organizations), new("repositories", totals.Repositories), new("tags", totals.Tags)];
    }

    internal sealed record Totals
    {
        public long Organizations { get; init; }

        public long Repositories { get; init; }

        public long Tags { get; init; }
    }
}
