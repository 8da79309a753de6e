
namespace Stagedoor.Images.UploadSessions;

/// <summary>
/// Upload sessions, and whose turn it is at one. Every replica asks here: each step compares the row with what it began from, so that of two that go on from
/// the same point one is told.
/// </summary>
internal sealed class SessionStore(ImagesDb db)
{
    private const string Columns = """
        id, type, status, organization_id, organization, domain_id, user_id, file_name, repository, package, version, size, sha256, received, staged, epoch,
        manifests, is_public, description, error_code, error_message, error_detail, updated_at
        """;

    /// <summary>Begins one, unless the user has one open in the organization that has not rested for too long.</summary>
    /// <returns>The id of the one in its way, null when it was begun; and the ids of those that made room for it, whose bytes are still staged.</returns>
    public Task<(string? Open, IReadOnlyList<string> Dropped)> AddAsync(UploadSession row, TimeSpan idle, CancellationToken cancellationToken)
    {
        var insert = $"""
            INSERT INTO upload_sessions (
                id, type, status, organization_id, organization, domain_id, user_id, file_name, repository, package, version, size, sha256, received, staged, epoch,
                is_public, error_code, error_message, error_detail, created_at, updated_at)
            VALUES (
                @Id, @Type, @Status, @OrganizationId, @Organization, @DomainId, @UserId, @FileName, @Repository, @Package, @Version, @Size, @Sha256, 0, '', 0,
                0, '', '', '', {db.Now}, {db.Now})
            ON CONFLICT DO NOTHING
            """;
        return db.TransactAsync(
            async session =>
            {
                var dropped = await session.QueryAsync<string>(
                    $"""
                    DELETE FROM upload_sessions
                    WHERE organization_id = @OrganizationId AND user_id = @UserId AND status IN ('uploading', 'verifying') AND {IsIdle}
                    RETURNING id
                    """,
                    new { row.OrganizationId, row.UserId, idle = (long)idle.TotalMilliseconds });
                if (await session.ExecuteAsync(insert, row) == 1)
                {
                    return ((string?)null, dropped);
                }

                // It may have ended since, and then whoever asks again begins.
                var open = await session.FindAsync<string>(
                    "SELECT id FROM upload_sessions WHERE organization_id = @OrganizationId AND user_id = @UserId AND status IN ('uploading', 'verifying')",
                    new { row.OrganizationId, row.UserId });
                return (open ?? "", dropped);
            },
            cancellationToken);
    }

    /// <summary>The session; null when there is none, or it has rested for too long.</summary>
    public Task<UploadSession?> FindAsync(string id, TimeSpan idle, CancellationToken cancellationToken) => db.FindAsync<UploadSession>(
        $"SELECT {Columns} FROM upload_sessions WHERE id = @id AND NOT ({IsIdle})", new { id, idle = (long)idle.TotalMilliseconds }, cancellationToken);

    /// <summary>Takes over what was staged, before anybody is told; false when somebody else has stored something, or the session is over.</summary>
    public async Task<bool> AdvanceAsync(UploadSession row, long received, string staged, CancellationToken cancellationToken) => await db.ExecuteAsync(
        $"""
        UPDATE upload_sessions SET received = @after, staged = @staged, epoch = epoch + 1, updated_at = {db.Now}
        WHERE id = @Id AND epoch = @Epoch AND status = 'uploading'
        """,
        new { row.Id, row.Epoch, after = received, staged },
        cancellationToken) == 1;

    /// <summary>Gives the session another status, with the error that led to it; false when it is not as it was read.</summary>
    public async Task<bool> SetStatusAsync(UploadSession row, string status, string code, string message, string detail, CancellationToken cancellationToken) =>
        await db.ExecuteAsync(
            $"""
            UPDATE upload_sessions
            SET status = @status, error_code = @code, error_message = @message, error_detail = @detail, epoch = epoch + 1, updated_at = {db.Now}
            WHERE id = @Id AND epoch = @Epoch AND status = @before
            """,
            new { row.Id, row.Epoch, before = row.Status, status, code, message, detail },
            cancellationToken) == 1;

    /// <summary>Keeps what is said about the package; false when the session is over.</summary>
    public async Task<bool> SaveManifestsAsync(string id, string manifests, bool isPublic, string? description, CancellationToken cancellationToken) => await db.ExecuteAsync(
        $"""
        UPDATE upload_sessions SET manifests = @manifests, is_public = @isPublic, description = @description, epoch = epoch + 1, updated_at = {db.Now}
        WHERE id = @id AND status = 'uploading'
        """,
        new { id, manifests, isPublic = isPublic ? 1 : 0, description },
        cancellationToken) == 1;

    /// <summary>Removes the session, with its turn.</summary>
    public async Task<bool> RemoveAsync(string id, CancellationToken cancellationToken) => await db.TransactAsync(
        async session =>
        {
            await session.ExecuteAsync("DELETE FROM session_locks WHERE session_id = @id", new { id });
            return await session.ExecuteAsync("DELETE FROM upload_sessions WHERE id = @id", new { id });
        },
        cancellationToken) == 1;

    /// <summary>Removes the sessions that have rested for too long and are nobody's turn, and names them; their bytes may still be staged.</summary>
    public Task<IReadOnlyList<string>> DropIdleAsync(TimeSpan idle, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            await session.ExecuteAsync($"DELETE FROM session_locks WHERE held_until < {db.Now}");
            return await session.QueryAsync<string>(
                $"""
                DELETE FROM upload_sessions
                WHERE {IsIdle} AND NOT EXISTS (SELECT 1 FROM session_locks l WHERE l.session_id = upload_sessions.id)
                RETURNING id
                """,
                new { idle = (long)idle.TotalMilliseconds });
        },
        cancellationToken);

    /// <summary>Whether there is a session of that id, however long it has rested.</summary>
    public async Task<bool> HasAsync(string id, CancellationToken cancellationToken) =>
        await db.FindAsync<long>("SELECT COUNT(*) FROM upload_sessions WHERE id = @id", new { id }, cancellationToken) > 0;

    /// <summary>Takes the turn, unless another has it whose time is not over.</summary>
    public async Task<bool> TakeAsync(string id, string holder, TimeSpan lease, CancellationToken cancellationToken) => await db.ExecuteAsync(
        $"""
        INSERT INTO session_locks (session_id, holder, held_until) VALUES (@id, @holder, {db.Now} + @lease)
        ON CONFLICT (session_id) DO UPDATE SET holder = @holder, held_until = {db.Now} + @lease WHERE session_locks.held_until < {db.Now}
        """,
        new { id, holder, lease = (long)lease.TotalMilliseconds },
        cancellationToken) == 1;

    /// <summary>Says that the turn is still taken; false when it is another's.</summary>
    public async Task<bool> RenewAsync(string id, string holder, TimeSpan lease, CancellationToken cancellationToken) => await db.ExecuteAsync(
        $"UPDATE session_locks SET held_until = {db.Now} + @lease WHERE session_id = @id AND holder = @holder",
        new { id, holder, lease = (long)lease.TotalMilliseconds },
        cancellationToken) == 1;

    /// <summary>Gives the turn back.</summary>
    public Task<int> ReleaseAsync(string id, string holder, CancellationToken cancellationToken) =>
        db.ExecuteAsync("DELETE FROM session_locks WHERE session_id = @id AND holder = @holder", new { id, holder }, cancellationToken);

    private string IsIdle => $"updated_at < {db.Now} - @idle";
}
