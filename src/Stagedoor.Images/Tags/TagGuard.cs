namespace Stagedoor.Images.Tags;

/// <summary>Tells why a tag was not deleted: whether it is there and stays (<see cref="ImmutableTags"/>).</summary>
internal sealed class TagGuard(ImagesDb db)
{
    private const int Page = 1000;

    /// <summary>Whether the tag is there and immutable.</summary>
    public async Task<bool> IsKeptAsync(long repositoryId, string tag, CancellationToken cancellationToken) =>
        ImmutableTags.Protect(await FindPatternsAsync(repositoryId, cancellationToken), tag)
        && await db.FindAsync<long>(
            "SELECT COUNT(*) FROM tags WHERE repository_id = @repositoryId AND name = @tag AND deleted_at IS NULL", new { repositoryId, tag }, cancellationToken) > 0;

    /// <summary>A tag on the manifest that one of the patterns matches; null when there is none.</summary>
    public async Task<string?> FindKeptAsync(long repositoryId, string digest, string patterns, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT name FROM tags WHERE repository_id = @repositoryId AND digest = @digest AND name > @last AND deleted_at IS NULL ORDER BY name LIMIT @count
            """;

        var last = "";
        while (await db.QueryAsync<string>(Sql, new { repositoryId, digest, last, count = Page }, cancellationToken) is { Count: > 0 } page)
        {
            if (page.FirstOrDefault(t => ImmutableTags.Protect(patterns, t)) is { } kept)
            {
                return kept;
            }

            last = page[^1];
        }

        return null;
    }

    /// <summary>The patterns of a repository.</summary>
    public async Task<string> FindPatternsAsync(long repositoryId, CancellationToken cancellationToken) =>
        await db.FindAsync<string>("SELECT immutable_tags FROM repositories WHERE id = @repositoryId", new { repositoryId }, cancellationToken) ?? "";
}
