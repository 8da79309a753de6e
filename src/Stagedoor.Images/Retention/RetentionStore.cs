using Stagedoor.Images.Jobs;
using Stagedoor.Images.Repositories;
using Stagedoor.Storage;

namespace Stagedoor.Images.Retention;

/// <summary>
/// Rules and what they have deleted. Whoever changes a rule holds its repository, as whoever deletes by it does: a rule that was changed deletes nothing more.
/// </summary>
internal sealed class RetentionStore(ImagesDb db, ImagesJobs jobs, TimeProvider clock)
{
    private const int Removed = 500;
    private const string Columns = "r.id, r.repository_id, r.algorithm, r.rules, r.version";

    /// <summary>Adds the rule of a repository, and the job that executes it; null when it has one, 0 when the repository is gone.</summary>
    public Task<long?> AddAsync(long repositoryId, string algorithm, string rules, CancellationToken cancellationToken) => db.TransactAsync<long?>(
        async session =>
        {
            if (await LockedRepository.TakeAsync(db, session, repositoryId) is null)
            {
                return 0;
            }

            if (await session.FindAsync<long>("SELECT COUNT(*) FROM retention_rules WHERE repository_id = @repositoryId", new { repositoryId }) > 0)
            {
                return null;
            }

            var id = await Sequence.NextAsync(session, "retention_rules");
            await session.ExecuteAsync(
                $"""
                INSERT INTO retention_rules (id, repository_id, algorithm, rules, version, ran_at, created_at, updated_at)
                VALUES (@id, @repositoryId, @algorithm, @rules, 1, {db.Now}, @now, @now)
                """,
                new { id, repositoryId, algorithm, rules, now = clock.GetUtcNow().ToUnixTimeMilliseconds() });
            await AskAsync(session, id, 1);
            return id;
        },
        cancellationToken);

    /// <summary>Changes a rule and has it executed; false when it is gone.</summary>
    public Task<bool> UpdateAsync(long repositoryId, long id, string algorithm, string rules, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            if (await LockedRepository.TakeAsync(db, session, repositoryId) is null)
            {
                return false;
            }

            var version = await session.FindAsync<long?>(
                """
                UPDATE retention_rules SET algorithm = @algorithm, rules = @rules, version = version + 1, updated_at = @now
                WHERE id = @id AND repository_id = @repositoryId
                RETURNING version
                """,
                new { id, repositoryId, algorithm, rules, now = clock.GetUtcNow().ToUnixTimeMilliseconds() });
            if (version is not { } changed)
            {
                return false;
            }

            await AskAsync(session, id, changed);
            return true;
        },
        cancellationToken);

    /// <summary>Deletes a rule; false when it is gone.</summary>
    public Task<bool> DeleteAsync(long repositoryId, long id, CancellationToken cancellationToken) => db.TransactAsync(
        async session => await LockedRepository.TakeAsync(db, session, repositoryId) is not null
            && await session.ExecuteAsync("DELETE FROM retention_rules WHERE id = @id AND repository_id = @repositoryId", new { id, repositoryId }) == 1,
        cancellationToken);

    public Task<IReadOnlyList<RetentionRow>> ListAsync(long repositoryId, CancellationToken cancellationToken) => db.QueryAsync<RetentionRow>(
        $"SELECT {Columns} FROM retention_rules r WHERE r.repository_id = @repositoryId ORDER BY r.id", new { repositoryId }, cancellationToken);

    public Task<RetentionRow?> FindAsync(long repositoryId, long id, CancellationToken cancellationToken) => db.FindAsync<RetentionRow>(
        $"SELECT {Columns} FROM retention_rules r WHERE r.id = @id AND r.repository_id = @repositoryId", new { id, repositoryId }, cancellationToken);

    /// <summary>The rule that a job is about, and notes that it is executed now; null when it was changed since, or is gone with its repository.</summary>
    public Task<DueRetention?> BeginAsync(long id, long version, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            await session.ExecuteAsync($"UPDATE retention_rules SET ran_at = {db.Now} WHERE id = @id AND version = @version", new { id, version });
            return await session.FindAsync<DueRetention>(
                $"""
                SELECT {Columns}, o.name AS organization, p.name AS repository FROM retention_rules r
                JOIN repositories p ON p.id = r.repository_id JOIN organizations o ON o.id = p.organization_id
                WHERE r.id = @id AND r.version = @version
                """,
                new { id, version });
        },
        cancellationToken);

    /// <summary>Asks for the execution of rules that were not executed for this long; answers how many.</summary>
    public async Task<int> AskForDueAsync(TimeSpan rest, int most, CancellationToken cancellationToken)
    {
        // Only reads where nothing is due.
        var due = await db.QueryAsync<RetentionRow>(
            $"""
            SELECT {Columns} FROM retention_rules r JOIN repositories p ON p.id = r.repository_id
            WHERE r.ran_at <= {db.Now} - @rest ORDER BY r.ran_at LIMIT @most
            """,
            new { rest = (long)rest.TotalMilliseconds, most },
            cancellationToken);
        return due.Count == 0 ? 0 : await db.TransactAsync(
            async session =>
            {
                foreach (var rule in due)
                {
                    await AskAsync(session, rule.Id, rule.Version);
                }

                return due.Count;
            },
            cancellationToken);
    }

    /// <summary>Removes what was deleted that long ago from the histories.</summary>
    public async Task ForgetAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        var old = $"SELECT id FROM retention_logs WHERE created_at < {db.Now} - @age LIMIT {Removed}";
        var values = new { age = (long)age.TotalMilliseconds };
        while (await db.QueryAsync<long>(old, values, cancellationToken) is { Count: > 0 } ids)
        {
            await db.ExecuteAsync($"DELETE FROM retention_logs WHERE {db.In("id", "ids")}", new { ids = ids.ToArray() }, cancellationToken);
        }
    }

    /// <summary>What the rules of a repository have deleted, the last first, and how much that is.</summary>
    public Task<(long Total, IReadOnlyList<RetentionLogRow> Page)> ListHistoriesAsync(long repositoryId, int offset, int limit, CancellationToken cancellationToken) =>
        db.ReadAsync(
            async session => (
                await session.FindAsync<long>("SELECT COUNT(*) FROM retention_logs WHERE repository_id = @repositoryId", new { repositoryId }),
                await session.QueryAsync<RetentionLogRow>(
                    "SELECT id, retention_id, tag, rule, created_at FROM retention_logs WHERE repository_id = @repositoryId ORDER BY id DESC LIMIT @limit OFFSET @offset",
                    new { repositoryId, offset, limit })),
            cancellationToken);

    private Task<Background.Jobs.AddedJob> AskAsync(DbSession session, long id, long version) =>
        jobs.Store.AddAsync(session, RetentionJob.Name, RetentionJob.KeyOf(id, version), null, TimeSpan.Zero);
}

/// <summary>A rule as it is stored.</summary>
internal record RetentionRow
{
    public long Id { get; init; }

    public long RepositoryId { get; init; }

    public string Algorithm { get; init; } = "";

    public string Rules { get; init; } = "";

    /// <summary>How often it was changed.</summary>
    public long Version { get; init; }
}

/// <summary>A rule that is to be executed.</summary>
internal sealed record DueRetention : RetentionRow
{
    public string Organization { get; init; } = "";

    public string Repository { get; init; } = "";
}

/// <summary>A tag that a rule has deleted.</summary>
internal sealed record RetentionLogRow
{
    public long Id { get; init; }

    public long RetentionId { get; init; }

    public string Tag { get; init; } = "";

    public string Rule { get; init; } = "";

    public long CreatedAt { get; init; }
}
