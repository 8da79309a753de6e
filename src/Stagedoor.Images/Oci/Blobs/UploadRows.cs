namespace Stagedoor.Images.Oci.Blobs;

/// <summary>An upload that has begun and is not committed.</summary>
internal sealed record UploadRow
{
    public string Id { get; init; } = "";

    public long RepositoryId { get; init; }

    /// <summary>The algorithm that the client announced, or the usual one.</summary>
    public string Algorithm { get; init; } = "";

    public long Received { get; init; }
}

/// <summary>Uploads, so that any replica can go on with one.</summary>
internal sealed class UploadRows(ImagesDb db, TimeProvider clock)
{
    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    public Task<int> AddAsync(string id, long repositoryId, string userId, string algorithm, CancellationToken cancellationToken) => db.ExecuteAsync(
        """
        INSERT INTO blob_uploads (id, repository_id, user_id, algorithm, received, created_at, updated_at)
        VALUES (@id, @repositoryId, @userId, @algorithm, 0, @now, @now)
        """,
        new { id, repositoryId, userId, algorithm, now = Now },
        cancellationToken);

    public Task<UploadRow?> FindAsync(string id, long repositoryId, CancellationToken cancellationToken) => db.FindAsync<UploadRow>(
        "SELECT id, repository_id, algorithm, received FROM blob_uploads WHERE id = @id AND repository_id = @repositoryId",
        new { id, repositoryId },
        cancellationToken);

    public Task<int> SetReceivedAsync(string id, long received, CancellationToken cancellationToken) => db.ExecuteAsync(
        "UPDATE blob_uploads SET received = @received, updated_at = @now WHERE id = @id", new { id, received, now = Now }, cancellationToken);

    public Task<int> RemoveAsync(string id, CancellationToken cancellationToken) =>
        db.ExecuteAsync("DELETE FROM blob_uploads WHERE id = @id", new { id }, cancellationToken);
}
