using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.PageUploads;

/// <summary>What has to be known before images are stored, and the way back when one could not be.</summary>
internal sealed class PageUploadStore(ImagesDb db, IEnumerable<RepositoryTable> tables)
{
    private static readonly string[] s_content = ["manifests", "tags", "blob_links"];

    public Task<long> CountRepositoriesAsync(string domainId, CancellationToken cancellationToken) =>
        db.FindAsync<long>("SELECT COUNT(*) FROM repositories WHERE domain_id = @domainId", new { domainId }, cancellationToken);

    /// <summary>The live tags of a repository: how many there are, and which of the names are among them.</summary>
    public Task<(long Count, IReadOnlyList<string> Known)> FindTagsAsync(long repositoryId, IReadOnlyCollection<string> names, CancellationToken cancellationToken) =>
        db.ReadAsync(
            async session =>
            {
                var values = new { repositoryId, names = names.ToArray() };
                return (
                    await session.FindAsync<long>("SELECT num_images FROM repositories WHERE id = @repositoryId", values),
                    await session.QueryAsync<string>(
                        $"SELECT name FROM tags WHERE repository_id = @repositoryId AND deleted_at IS NULL AND {db.In("name", nameof(names))}", values));
            },
            cancellationToken);

    /// <summary>
    /// Takes back a repository that was made a moment ago for an image which could not be stored, unless it is not as it was made: somebody else has begun to
    /// use it, or has changed what is said about it.
    /// </summary>
    /// <param name="repositoryId">The repository.</param>
    /// <param name="name">Its whole name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<bool> RemoveUnusedAsync(long repositoryId, string name, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            // Whoever pushes a manifest, links a blob, or grants something on it holds the row too, and finds it gone or has been seen.
            var values = new { repositoryId, name, category = RepositoryCategory.Default };
            var isNew = await session.FindAsync<long>(
                $"""
                SELECT id FROM repositories
                WHERE id = @repositoryId AND is_public = 0 AND category = @category AND description = '' AND immutable_tags = '' AND updated_at = created_at{db.ForUpdate}
                """,
                values) != 0;
            if (!isNew || await session.FindAsync<long>("SELECT COUNT(*) FROM blob_uploads WHERE owner = @name", values) > 0)
            {
                return false;
            }

            foreach (var table in tables.Select(static t => t.Name).Concat(s_content))
            {
                if (await session.FindAsync<long>($"SELECT COUNT(*) FROM {table} WHERE repository_id = @repositoryId", values) > 0)
                {
                    return false;
                }
            }

            // What else is just being said about it is the collector's.
            await session.ExecuteAsync(
                "INSERT INTO removed_repositories (repository_id, organization_id) SELECT id, organization_id FROM repositories WHERE id = @repositoryId", values);
            await RepositoryNames.RemoveAsync(db, session, repositoryId);
            return await session.ExecuteAsync("DELETE FROM repositories WHERE id = @repositoryId", values) == 1;
        },
        cancellationToken);
}
