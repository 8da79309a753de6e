using System.Globalization;
using Stagedoor.Background.Jobs;
using Stagedoor.Images.Jobs;
using Stagedoor.Images.Repositories;
using Stagedoor.Storage;

namespace Stagedoor.Images.Sync;

/// <summary>Rules of synchronization, and the copies of tags that were asked for.</summary>
internal sealed class SyncStore(ImagesDb db, ImagesJobs jobs, TimeProvider clock)
{
    /// <summary>The kind of job that copies a tag; its key is the copy's id.</summary>
    public const string Kind = "sync";

    private const string OfTarget = "repository_id = @RepositoryId AND region = @Region AND remote_namespace = @Namespace";

    // What became of a copy whose attempts all ended with their process is known to its job alone.
    private const string Status = """
        CASE WHEN s.is_open = 0 THEN s.status WHEN j.outcome = 'cancelled' THEN 'cancel' WHEN j.outcome IS NOT NULL THEN 'failed'
            WHEN j.owner IS NULL THEN 'waiting' ELSE 'running' END
        """;

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Makes a rule or changes the one of that target; false when the repository is gone.</summary>
    public Task<bool> SetRuleAsync(SyncTarget target, bool auto, bool overwrite, SyncOperator by, CancellationToken cancellationToken)
    {
        const string Upsert = """
            INSERT INTO sync_rules (
                id, repository_id, region, remote_namespace, sync_auto, overwrite, domain_id, domain_name, operator_id, operator_name, created_at, updated_at)
            VALUES (@id, @RepositoryId, @Region, @Namespace, @auto, @overwrite, @DomainId, @DomainName, @UserId, @UserName, @now, @now)
            ON CONFLICT (repository_id, region, remote_namespace) DO UPDATE SET
                sync_auto = excluded.sync_auto, overwrite = excluded.overwrite, operator_id = excluded.operator_id, operator_name = excluded.operator_name,
                updated_at = excluded.updated_at
            """;

        return db.TransactAsync(
            async session =>
            {
                // A push sees the rule, or its tag was there before.
                if (await LockedRepository.TakeAsync(db, session, target.RepositoryId) is null)
                {
                    return false;
                }

                var id = await Sequence.NextAsync(session, "sync_rules");
                await session.ExecuteAsync(Upsert, new
                {
                    id,
                    target.RepositoryId,
                    target.Region,
                    target.Namespace,
                    auto = auto ? 1 : 0,
                    overwrite = overwrite ? 1 : 0,
                    by.DomainId,
                    by.DomainName,
                    by.UserId,
                    by.UserName,
                    now = Now,
                });
                return true;
            },
            cancellationToken);
    }

    public Task<IReadOnlyList<SyncRule>> ListRulesAsync(long repositoryId, CancellationToken cancellationToken) => db.QueryAsync<SyncRule>(
        "SELECT id, region, remote_namespace, sync_auto, overwrite, domain_id, domain_name, created_at, updated_at FROM sync_rules WHERE repository_id = @repositoryId ORDER BY id",
        new { repositoryId },
        cancellationToken);

    /// <summary>Removes a rule, and cancels what is not copied yet to its target; null when there is none, else the jobs that are to be stopped.</summary>
    public Task<IReadOnlyList<string>?> DeleteRuleAsync(SyncTarget target, CancellationToken cancellationToken) => db.TransactAsync<IReadOnlyList<string>?>(
        async session =>
        {
            await LockedRepository.TakeAsync(db, session, target.RepositoryId);
            if (await session.ExecuteAsync($"DELETE FROM sync_rules WHERE {OfTarget}", target) == 0)
            {
                return null;
            }

            return await session.QueryAsync<string>(
                $"UPDATE sync_jobs SET is_open = 0, status = 'cancel', detail = 'the rule was removed', updated_at = @now WHERE {OfTarget} AND is_open = 1 RETURNING job_id",
                new { target.RepositoryId, target.Region, target.Namespace, now = Now });
        },
        cancellationToken);

    /// <summary>Asks for copies of tags: of all or, when something is in the way, of none.</summary>
    public Task<QueuedTags> QueueAsync(SyncTarget target, IReadOnlyList<string> tags, bool overwrite, SyncOperator by, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            if (await LockedRepository.TakeAsync(db, session, target.RepositoryId) is null)
            {
                return new QueuedTags(IsGone: true);
            }

            var known = await session.QueryAsync<string>(
                $"SELECT name FROM tags WHERE repository_id = @RepositoryId AND {db.In("name", "names")} AND deleted_at IS NULL",
                new { target.RepositoryId, names = tags.ToArray() });
            if (tags.Except(known, StringComparer.Ordinal).FirstOrDefault() is { } absent)
            {
                return new(IsGone: false, Absent: absent);
            }

            foreach (var tag in tags)
            {
                if (await FindOpenAsync(session, target, tag) is not null)
                {
                    return new(IsGone: false, Unfinished: tag);
                }
            }

            foreach (var tag in tags)
            {
                await AddAsync(session, target, tag, overwrite, by);
            }

            return new(IsGone: false);
        },
        cancellationToken);

    /// <summary>Asks for copies of tags that were made or moved, as the rules of their repository want it, in the transaction that does it.</summary>
    public async Task QueueNewAsync(DbSession session, long repositoryId, IReadOnlyList<string> tags)
    {
        var rules = await session.QueryAsync<AutomaticRule>(
            """
            SELECT region, remote_namespace, overwrite, domain_id, domain_name, operator_id, operator_name FROM sync_rules
            WHERE repository_id = @repositoryId AND sync_auto = 1 ORDER BY id
            """,
            new { repositoryId });
        foreach (var rule in rules)
        {
            var target = new SyncTarget(repositoryId, rule.Region, rule.RemoteNamespace);
            foreach (var tag in tags)
            {
                if (await FindOpenAsync(session, target, tag) is { } open)
                {
                    // What has begun copies what the tag was; what has not will copy what it is.
                    await session.ExecuteAsync("UPDATE sync_jobs SET again = 1 WHERE id = @open", new { open });
                }
                else
                {
                    await AddAsync(session, target, tag, rule.Overwrite == 1, new(rule.DomainId, rule.DomainName, rule.OperatorId, rule.OperatorName));
                }
            }
        }
    }

    /// <summary>How many copies were asked for, and some of them.</summary>
    public async Task<(long Total, IReadOnlyList<SyncCopy> Page)> ListAsync(
        long repositoryId, bool ascending, int offset, int limit, CancellationToken cancellationToken)
    {
        var total = await db.FindAsync<long>("SELECT COUNT(*) FROM sync_jobs WHERE repository_id = @repositoryId", new { repositoryId }, cancellationToken);
        var page = await db.QueryAsync<SyncCopy>(
            $"""
            SELECT s.id, s.region, s.remote_namespace, s.tag, s.overwrite, s.domain_id, s.domain_name, s.operator_id, s.operator_name, {Status} AS status, s.detail,
                s.created_at, s.updated_at
            FROM sync_jobs s LEFT JOIN job j ON j.id = s.job_id
            WHERE s.repository_id = @repositoryId ORDER BY s.id {(ascending ? "ASC" : "DESC")} LIMIT @limit OFFSET @offset
            """,
            new { repositoryId, limit, offset },
            cancellationToken);
        return (total, page);
    }

    /// <summary>On whose behalf a tag is copied; null when the copy is gone.</summary>
    public Task<JobOwner?> FindOwnerAsync(long id, CancellationToken cancellationToken) =>
        db.FindAsync<JobOwner>("SELECT domain_id, operator_id AS user_id FROM sync_jobs WHERE id = @id", new { id }, cancellationToken);

    /// <summary>Begins an attempt, which from now on alone may end the copy; null when there is nothing to copy any more.</summary>
    public Task<BegunCopy?> BeginAsync(long id, long epoch, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            if (await session.FindAsync<long?>("SELECT repository_id FROM sync_jobs WHERE id = @id AND is_open = 1", new { id }) is not { } repositoryId)
            {
                return null;
            }

            // A push waits: it finds the copy begun and asks for another, or this one finds what it has pushed.
            var digest = await LockedRepository.TakeAsync(db, session, repositoryId) is null ? null : await session.FindAsync<string>(
                """
                SELECT t.digest FROM tags t JOIN sync_jobs s ON s.repository_id = t.repository_id AND s.tag = t.name
                WHERE s.id = @id AND t.deleted_at IS NULL
                """,
                new { id });
            if (digest is null)
            {
                await session.ExecuteAsync(
                    "UPDATE sync_jobs SET is_open = 0, status = 'cancel', detail = 'the tag was deleted', updated_at = @now WHERE id = @id AND is_open = 1",
                    new { id, now = Now });
                return null;
            }

            return await session.FindAsync<BegunCopy>(
                """
                UPDATE sync_jobs SET status = 'running', epoch = @epoch, again = 0, updated_at = @now WHERE id = @id AND is_open = 1 AND epoch <= @epoch
                RETURNING id, repository_id, region, remote_namespace, tag, overwrite, created_at, epoch, @digest AS digest,
                    (SELECT r.name FROM repositories r WHERE r.id = sync_jobs.repository_id) AS repository
                """,
                new { id, epoch, digest, now = Now });
        },
        cancellationToken);

    /// <summary>Whether the copy is still this attempt's, and the tag still there.</summary>
    public async Task<bool> IsWantedAsync(BegunCopy copy, CancellationToken cancellationToken) => await db.FindAsync<long>(
        """
        SELECT COUNT(*) FROM sync_jobs s JOIN tags t ON t.repository_id = s.repository_id AND t.name = s.tag AND t.deleted_at IS NULL
        JOIN repositories r ON r.id = s.repository_id
        WHERE s.id = @Id AND s.is_open = 1 AND s.epoch = @Epoch
        """,
        copy,
        cancellationToken) == 1;

    /// <summary>Says why an attempt has failed, or how far it is.</summary>
    public Task<int> NoteAsync(BegunCopy copy, string detail, CancellationToken cancellationToken) => db.ExecuteAsync(
        "UPDATE sync_jobs SET detail = @detail, updated_at = @now WHERE id = @Id AND is_open = 1 AND epoch = @Epoch",
        new { copy.Id, copy.Epoch, detail, now = Now },
        cancellationToken);

    /// <summary>Ends a copy, unless another attempt has it. Where the tag was moved meanwhile, another copy is asked for with it.</summary>
    public Task<bool> EndAsync(BegunCopy copy, string status, string detail, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            var exists = await LockedRepository.TakeAsync(db, session, copy.RepositoryId) is not null;
            if (await session.FindAsync<EndedRow>(
                """
                UPDATE sync_jobs SET is_open = 0, status = @status, detail = @detail, updated_at = @now WHERE id = @Id AND is_open = 1 AND epoch = @Epoch
                RETURNING again, domain_id, domain_name, operator_id, operator_name
                """,
                new { copy.Id, copy.Epoch, status, detail, now = Now }) is not { } row)
            {
                return false;
            }

            if (row.Again == 1 && exists)
            {
                // What the first has just written there is not what it would keep its successor from.
                var overwrite = copy.Overwrite == 1 || string.Equals(status, SyncStatus.Success, StringComparison.Ordinal);
                await AddAsync(
                    session,
                    new(copy.RepositoryId, copy.Region, copy.RemoteNamespace),
                    copy.Tag,
                    overwrite,
                    new(row.DomainId, row.DomainName, row.OperatorId, row.OperatorName));
            }

            return true;
        },
        cancellationToken);

    /// <summary>Ends copies that no job is at any more.</summary>
    public Task<int> EndLostAsync(CancellationToken cancellationToken) => db.ExecuteAsync(
        """
        UPDATE sync_jobs SET
            is_open = 0, updated_at = @now,
            status = COALESCE((SELECT CASE j.outcome WHEN 'cancelled' THEN 'cancel' ELSE 'failed' END FROM job j WHERE j.id = sync_jobs.job_id), 'failed')
        WHERE is_open = 1 AND NOT EXISTS (SELECT 1 FROM job j WHERE j.id = sync_jobs.job_id AND j.finished_at IS NULL)
        """,
        new { now = Now },
        cancellationToken);

    /// <summary>Removes copies that ended longer ago than this, some at a time.</summary>
    public async Task RemoveEndedAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        const int Portion = 500;
        var before = Now - (long)age.TotalMilliseconds;
        while (await db.ExecuteAsync(
            $"DELETE FROM sync_jobs WHERE id IN (SELECT id FROM sync_jobs WHERE is_open = 0 AND updated_at < @before LIMIT {Portion})", new { before }, cancellationToken) == Portion)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A repository of the target that has the blob as far as copies that have succeeded tell; null when none is known.</summary>
    public Task<string?> FindHolderAsync(BegunCopy copy, Digest digest, CancellationToken cancellationToken) => db.FindAsync<string>(
        """
        SELECT s.remote_namespace || '/' || r.name FROM blob_links l
        JOIN sync_jobs s ON s.repository_id = l.repository_id AND s.region = @Region AND s.status = 'success'
        JOIN repositories r ON r.id = l.repository_id
        WHERE l.digest = @digest AND NOT (l.repository_id = @RepositoryId AND s.remote_namespace = @RemoteNamespace)
        ORDER BY s.id DESC LIMIT 1
        """,
        new { copy.Region, copy.RepositoryId, copy.RemoteNamespace, digest = digest.ToString() },
        cancellationToken);

    private async Task<long?> FindOpenAsync(DbSession session, SyncTarget target, string tag)
    {
        var values = new { target.RepositoryId, target.Region, target.Namespace, tag, now = Now };
        await session.ExecuteAsync(
            $"""
            UPDATE sync_jobs SET
                is_open = 0, updated_at = @now,
                status = (SELECT CASE j.outcome WHEN 'cancelled' THEN 'cancel' ELSE 'failed' END FROM job j WHERE j.id = sync_jobs.job_id)
            WHERE {OfTarget} AND tag = @tag AND is_open = 1
                AND EXISTS (SELECT 1 FROM job j WHERE j.id = sync_jobs.job_id AND j.finished_at IS NOT NULL)
            """,
            values);
        return await session.FindAsync<long?>($"SELECT id FROM sync_jobs WHERE {OfTarget} AND tag = @tag AND is_open = 1", values);
    }

    private async Task AddAsync(DbSession session, SyncTarget target, string tag, bool overwrite, SyncOperator by)
    {
        const string Insert = """
            INSERT INTO sync_jobs (
                id, repository_id, region, remote_namespace, tag, overwrite, domain_id, domain_name, operator_id, operator_name, status, is_open, again, epoch,
                job_id, detail, created_at, updated_at)
            VALUES (
                @id, @RepositoryId, @Region, @Namespace, @tag, @overwrite, @DomainId, @DomainName, @UserId, @UserName, 'waiting', 1, 0, 0, @job, '', @now, @now)
            """;

        var id = await Sequence.NextAsync(session, "sync_jobs");
        var job = await jobs.Store.AddAsync(session, Kind, id.ToString(CultureInfo.InvariantCulture), null, TimeSpan.Zero);
        await session.ExecuteAsync(Insert, new
        {
            id,
            target.RepositoryId,
            target.Region,
            target.Namespace,
            tag,
            overwrite = overwrite ? 1 : 0,
            by.DomainId,
            by.DomainName,
            by.UserId,
            by.UserName,
            job = job.Id,
            now = Now,
        });
    }

    private sealed record AutomaticRule
    {
        public string Region { get; init; } = "";

        public string RemoteNamespace { get; init; } = "";

        public long Overwrite { get; init; }

        public string DomainId { get; init; } = "";

        public string DomainName { get; init; } = "";

        public string OperatorId { get; init; } = "";

        public string OperatorName { get; init; } = "";
    }

    private sealed record EndedRow
    {
        public long Again { get; init; }

        public string DomainId { get; init; } = "";

        public string DomainName { get; init; } = "";

        public string OperatorId { get; init; } = "";

        public string OperatorName { get; init; } = "";
    }
}

/// <summary>What became of a request to copy tags.</summary>
/// <param name="IsGone">The repository was deleted meanwhile.</param>
/// <param name="Absent">A tag that there is not.</param>
/// <param name="Unfinished">A tag that is being copied there already.</param>
internal sealed record QueuedTags(bool IsGone, string? Absent = null, string? Unfinished = null);

/// <summary>A rule of synchronization as it is stored.</summary>
internal sealed record SyncRule
{
    public long Id { get; init; }

    public string Region { get; init; } = "";

    public string RemoteNamespace { get; init; } = "";

    public long SyncAuto { get; init; }

    public long Overwrite { get; init; }

    public string DomainId { get; init; } = "";

    public string DomainName { get; init; } = "";

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }
}

/// <summary>The copy of a tag as it is stored.</summary>
internal sealed record SyncCopy
{
    public long Id { get; init; }

    public string Region { get; init; } = "";

    public string RemoteNamespace { get; init; } = "";

    public string Tag { get; init; } = "";

    public long Overwrite { get; init; }

    public string DomainId { get; init; } = "";

    public string DomainName { get; init; } = "";

    public string OperatorId { get; init; } = "";

    public string OperatorName { get; init; } = "";

    public string Status { get; init; } = "";

    public string Detail { get; init; } = "";

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }
}

/// <summary>An attempt at the copy of a tag.</summary>
internal sealed record BegunCopy
{
    public long Id { get; init; }

    public long RepositoryId { get; init; }

    public string Repository { get; init; } = "";

    public string Region { get; init; } = "";

    public string RemoteNamespace { get; init; } = "";

    public string Tag { get; init; } = "";

    /// <summary>What the tag pointed to when the attempt began.</summary>
    public string Digest { get; init; } = "";

    public long Overwrite { get; init; }

    public long CreatedAt { get; init; }

    public long Epoch { get; init; }

    /// <summary>The repository there.</summary>
    public string RemoteName => $"{RemoteNamespace}/{Repository}";
}
