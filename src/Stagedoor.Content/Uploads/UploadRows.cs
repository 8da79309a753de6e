using Stagedoor.Storage;

namespace Stagedoor.Content.Uploads;

/// <summary>An upload that has begun and is not committed.</summary>
public sealed record UploadRow
{
    public string Id { get; init; } = "";

    /// <summary>What it is for, such as a repository: part of its name, so that nobody else's request reaches it.</summary>
    public string Owner { get; init; } = "";

    /// <summary>The hash function that the client announced, or the usual one.</summary>
    public string Algorithm { get; init; } = "";

    /// <summary>How many bytes the client was told are there.</summary>
    public long Received { get; init; }

    /// <summary>How the blob store finds exactly these bytes.</summary>
    public string Staged { get; init; } = "";

    /// <summary>Counts everybody who began to write and everything that was stored: what is the same later has not been written to.</summary>
    public long Epoch { get; init; }
}

/// <summary>
/// The rows of uploads, in the tables <c>blob_uploads</c> and <c>upload_owners</c> of a module's own database. The row is the one truth about an
/// upload: every step compares it with what the step began from, so of two that go on from the same point one is told.
/// </summary>
public sealed class UploadRows(Db db)
{
    private const string Columns = "id, owner, algorithm, received, staged, epoch";

    // A row from before accounts were noted names none; its user belongs to one account only.
    private const string Reached = "id = @id AND owner = @owner AND (account_id = @AccountId OR (account_id = '' AND user_id = @UserId))";

    /// <summary>Removes the row of an upload whose content is recorded by the same transaction.</summary>
    public static Task<int> EndAsync(DbSession session, string id) => session.ExecuteAsync("DELETE FROM blob_uploads WHERE id = @id", new { id });

    /// <summary>Begins one; false when the user has as many for this owner as may be open.</summary>
    internal Task<bool> AddAsync(string id, string owner, Uploader by, string algorithm, int limit, CancellationToken cancellationToken)
    {
        var insert = $"""
            INSERT INTO blob_uploads (id, owner, account_id, user_id, algorithm, received, staged, epoch, created_at, updated_at)
            SELECT @id, @owner, @AccountId, @UserId, @algorithm, 0, '', 0, {db.Now}, {db.Now}
            WHERE (SELECT COUNT(*) FROM blob_uploads WHERE owner = @owner AND user_id = @UserId) < @limit
            """;
        return db.TransactAsync(
            async session =>
            {
                // Holds the owner's row, so that those who begin at the same moment are counted one after the other.
                await RenewAsync(session, owner);
                return await session.ExecuteAsync(insert, new { id, owner, by.AccountId, by.UserId, algorithm, limit }) == 1;
            },
            cancellationToken);
    }

    internal Task<UploadRow?> FindAsync(string id, string owner, Uploader by, CancellationToken cancellationToken) => db.FindAsync<UploadRow>(
        $"SELECT {Columns} FROM blob_uploads WHERE {Reached}", new { id, owner, by.AccountId, by.UserId }, cancellationToken);

    /// <summary>
    /// From now on only this holder can store what follows: whoever began before it no longer can. False when somebody has written since the row
    /// was read.
    /// </summary>
    internal async Task<bool> ClaimAsync(UploadRow row, CancellationToken cancellationToken) => await db.TransactAsync(
        async session =>
        {
            await RenewAsync(session, row.Owner);
            return await session.ExecuteAsync(
                $"""
                UPDATE blob_uploads SET epoch = epoch + 1, updated_at = {db.Now}
                WHERE id = @Id AND owner = @Owner AND received = @Received AND epoch = @Epoch
                """,
                row);
        },
        cancellationToken) == 1;

    /// <summary>Says that the upload still moves; false when it is not the holder's any more.</summary>
    internal async Task<bool> RenewAsync(UploadRow row, CancellationToken cancellationToken) => await db.TransactAsync(
        async session =>
        {
            await RenewAsync(session, row.Owner);
            return await session.ExecuteAsync(
                $"UPDATE blob_uploads SET updated_at = {db.Now} WHERE id = @Id AND owner = @Owner AND epoch = @Epoch", row);
        },
        cancellationToken) == 1;

    /// <summary>Says that something is uploaded for the owner.</summary>
    internal Task<int> RenewAsync(string owner, CancellationToken cancellationToken) =>
        db.TransactAsync(session => RenewAsync(session, owner), cancellationToken);

    /// <summary>Takes over what the holder has staged, before anybody is told; false when somebody else has written, or the upload is over.</summary>
    internal async Task<bool> AdvanceAsync(UploadRow row, long received, string staged, CancellationToken cancellationToken) => await db.ExecuteAsync(
        $"""
        UPDATE blob_uploads SET received = @after, staged = @staged, epoch = epoch + 1, updated_at = {db.Now}
        WHERE id = @Id AND owner = @Owner AND received = @Received AND epoch = @Epoch
        """,
        new { row.Id, row.Owner, row.Received, row.Epoch, after = received, staged },
        cancellationToken) == 1;

    /// <summary>Ends an upload as it was read; false when somebody has written to it since.</summary>
    internal async Task<bool> RemoveAsync(UploadRow row, CancellationToken cancellationToken) => await db.ExecuteAsync(
        "DELETE FROM blob_uploads WHERE id = @Id AND owner = @Owner AND received = @Received AND epoch = @Epoch", row, cancellationToken) == 1;

    /// <summary>Ends an upload, whoever writes to it; false when there is none.</summary>
    internal async Task<bool> RemoveAsync(string id, string owner, Uploader by, CancellationToken cancellationToken) =>
        await db.ExecuteAsync($"DELETE FROM blob_uploads WHERE {Reached}", new { id, owner, by.AccountId, by.UserId }, cancellationToken) == 1;

    /// <summary>Takes away the rows that nobody has written to for so long, and names them.</summary>
    internal Task<IReadOnlyList<string>> DropAsync(TimeSpan idle, CancellationToken cancellationToken) => db.TransactAsync(
        session => session.QueryAsync<string>(
            $"DELETE FROM blob_uploads WHERE updated_at < {db.Now} - @idle RETURNING id", new { idle = (long)idle.TotalMilliseconds }),
        cancellationToken);

    internal async Task<bool> HasAsync(string id, CancellationToken cancellationToken) =>
        await db.FindAsync<long>("SELECT COUNT(*) FROM blob_uploads WHERE id = @id", new { id }, cancellationToken) > 0;

    internal async Task<IReadOnlySet<string>> FindKnownAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        (await db.QueryAsync<string>($"SELECT id FROM blob_uploads WHERE {db.In("id", nameof(ids))}", new { ids = ids.ToArray() }, cancellationToken))
            .ToHashSet(StringComparer.Ordinal);

    /// <summary>Forgets for whom nothing was uploaded for so long.</summary>
    internal Task<int> ForgetOwnersAsync(TimeSpan idle, CancellationToken cancellationToken) => db.ExecuteAsync(
        $"DELETE FROM upload_owners WHERE active_at < {db.Now} - @idle", new { idle = (long)idle.TotalMilliseconds }, cancellationToken);

    private Task<int> RenewAsync(DbSession session, string owner) => session.ExecuteAsync(
        $"""
        INSERT INTO upload_owners (owner, active_at) VALUES (@owner, {db.Now})
        ON CONFLICT (owner) DO UPDATE SET active_at = {db.Now}
        """,
        new { owner });
}
