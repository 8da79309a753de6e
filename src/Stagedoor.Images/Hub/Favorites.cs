using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Hub;

/// <summary>Public repositories that users have marked for themselves.</summary>
internal sealed class Favorites(ImagesDb db, HubStore hub, TimeProvider clock)
{
    /// <summary>A page of a user's favorites, the latest first. What is not public any more is not among them.</summary>
    public Task<(long Total, IReadOnlyList<RepositoryDetails> Page)> ListAsync(string userId, int offset, int limit, CancellationToken cancellationToken) => hub.PageAsync(
        $"{HubStore.From} JOIN favorites f ON f.repository_id = r.id",
        "f.user_id = @userId AND r.is_public = 1",
        "f.created_at DESC, r.id DESC",
        new { userId, offset, limit },
        offset,
        cancellationToken);

    /// <summary>Marks a repository, which stays in its place when it was marked before.</summary>
    public Task AddAsync(string userId, long repositoryId, CancellationToken cancellationToken) => db.ExecuteAsync(
        "INSERT INTO favorites (user_id, repository_id, created_at) VALUES (@userId, @repositoryId, @now) ON CONFLICT (user_id, repository_id) DO NOTHING",
        new { userId, repositoryId, now = clock.GetUtcNow().ToUnixTimeMilliseconds() },
        cancellationToken);

    /// <summary>Takes the mark away, whether the repository is public or not; false when there was none.</summary>
    public async Task<bool> DeleteAsync(string userId, string organization, string repository, CancellationToken cancellationToken) => await db.ExecuteAsync(
        """
        DELETE FROM favorites WHERE user_id = @userId AND repository_id IN (
            SELECT r.id FROM repositories r JOIN organizations o ON o.id = r.organization_id WHERE o.name = @organization AND r.name = @repository)
        """,
        new { userId, organization, repository },
        cancellationToken) > 0;
}
