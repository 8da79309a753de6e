
namespace Stagedoor.Images.PageUploads;

/// <summary>What has to be known before images are stored, and the way back when one could not be.</summary>
internal sealed class PageUploadStore(ImagesDb db)
{
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
    /// Takes back a repository that was made a moment ago for an image which could not be stored, unless somebody else has begun to use it: by then it has a
    /// manifest, an upload, or a blob that the image does not have.
    /// </summary>
    /// <param name="repositoryId">The repository.</param>
    /// <param name="name">Its whole name.</param>
    /// <param name="digests">The blobs of the image.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<bool> RemoveUnusedAsync(long repositoryId, string name, IReadOnlyCollection<string> digests, CancellationToken cancellationToken)
    {
        const string IsUsed = """
            SELECT (SELECT COUNT(*) FROM manifests WHERE repository_id = @repositoryId)
                + (SELECT COUNT(*) FROM tags WHERE repository_id = @repositoryId)
                + (SELECT COUNT(*) FROM blob_uploads WHERE owner = @name)
            """;

        return db.TransactAsync(
            async session =>
            {
                // Whoever pushes a manifest, or links a blob, holds the row too.
                var values = new { repositoryId, name, digests = digests.ToArray() };
                if (await session.FindAsync<long>($"SELECT id FROM repositories WHERE id = @repositoryId{db.ForUpdate}", values) == 0
                    || await session.FindAsync<long>(IsUsed, values) > 0
                    || await session.FindAsync<long>(
                        $"SELECT COUNT(*) FROM blob_links WHERE repository_id = @repositoryId AND NOT ({db.In("digest", nameof(digests))})", values) > 0)
                {
                    return false;
                }

                await session.ExecuteAsync("DELETE FROM blob_links WHERE repository_id = @repositoryId", values);
                await session.ExecuteAsync("DELETE FROM repo_acl WHERE repository_id = @repositoryId", values);
                return await session.ExecuteAsync("DELETE FROM repositories WHERE id = @repositoryId", values) == 1;
            },
            cancellationToken);
    }
}
