using System.Text.Json;
using Stagedoor.Storage;

namespace Stagedoor.Images.Tags;

/// <summary>Tells why a tag, or what it consists of, was not deleted: whether it is there and stays (<see cref="ImmutableTags"/>).</summary>
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

    /// <summary>
    /// An immutable tag whose image consists of the blob or the manifest, by way of as many indexes as there are between them; null when there is none.
    /// </summary>
    /// <param name="db">The database.</param>
    /// <param name="session">The transaction. It holds the repository when something is to be deleted: a push that refers to it waits, and then does not find it.</param>
    /// <param name="repositoryId">The repository.</param>
    /// <param name="digest">The blob or manifest. A tag on the manifest itself is not looked for.</param>
    /// <param name="patterns">The patterns as they are stored.</param>
    public static async Task<string?> FindHolderAsync(ImagesDb db, DbSession session, long repositoryId, string digest, string patterns)
    {
        if (patterns.Length == 0)
        {
            return null;
        }

        var names = ImmutableTags.Split(patterns);
        var (matches, values) = db.IsShared
            ? ("t.name LIKE ANY(@likes)", new { repositoryId, digest, likes = Array.ConvertAll(names, ToLike) })
            : ("EXISTS (SELECT 1 FROM json_each(@globs) p WHERE t.name GLOB p.value)", (object)new { repositoryId, digest, globs = JsonSerializer.Serialize(names, TagsJson.Wire.StringArray) });

        // Which manifests refer to a blob has no index, since every push would pay for it: the references of the repository are read, and only where one is counted.
        return await session.FindAsync<string>(
            $"""
            WITH RECURSIVE holders (digest) AS (
                SELECT f.manifest_digest FROM manifest_refs f WHERE f.repository_id = @repositoryId AND f.digest = @digest AND f.is_blob = 0
                UNION
                SELECT f.manifest_digest FROM manifest_refs f WHERE f.repository_id = @repositoryId AND f.digest = @digest AND f.is_blob = 1
                    AND EXISTS (SELECT 1 FROM blob_refs b WHERE b.repository_id = @repositoryId AND b.digest = @digest AND b.ref_count > 0)
                UNION
                SELECT f.manifest_digest FROM holders h JOIN manifest_refs f ON f.repository_id = @repositoryId AND f.digest = h.digest AND f.is_blob = 0
            )
            SELECT t.name FROM holders h JOIN tags t ON t.repository_id = @repositoryId AND t.digest = h.digest
            WHERE t.deleted_at IS NULL AND {matches} LIMIT 1
            """,
            values);
    }

    /// <summary>The patterns of a repository.</summary>
    public async Task<string> FindPatternsAsync(long repositoryId, CancellationToken cancellationToken) =>
        await db.FindAsync<string>("SELECT immutable_tags FROM repositories WHERE id = @repositoryId", new { repositoryId }, cancellationToken) ?? "";

    // A pattern has neither '%' nor '\'.
    private static string ToLike(string pattern) => pattern.Replace("_", @"\_", StringComparison.Ordinal).Replace('*', '%').Replace('?', '_');
}
