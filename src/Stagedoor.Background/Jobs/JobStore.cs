using System.Collections.Concurrent;
using System.Diagnostics;
using Stagedoor.Storage;

namespace Stagedoor.Background.Jobs;

/// <summary>
/// Durable jobs in a module's database (<c>Sql/job.sql</c>, linked into its migrations). All times are the database's, so that replicas need not
/// agree on one. A claim is one statement; from then on the job is its owner's until the lease ends, and whoever claims it after that raises
/// the epoch, by which the former owner can neither renew nor finish it.
/// </summary>
/// <param name="db">The module's database.</param>
/// <param name="ids">Names new jobs.</param>
public sealed class JobStore(Db db, IdSource ids)
{
    private const int MaxErrorLength = 4_000;

    // Kind and key are in an index, and PostgreSQL takes 2,700 bytes of both together.
    private const int MaxKindLength = 100;
    private const int MaxWorkKeyLength = 500;

    // A job is read whole with each claim; what is larger has its own place, and the job says where.
    private const int MaxTextLength = 1 << 20;
    private const int MaxTraceParentLength = 1_024;

    // A statement does not take longer the more there is to remove.
    private const int RemovedAtOnce = 500;

    private const string Columns = """
        id, kind, work_key, argument, trace_parent, created_at, next_at, owner, epoch, attempts, progress, error, cancel_requested_at, finished_at, outcome, result, lane
        """;

    private const string Mine = "id = @id AND epoch = @epoch AND owner = @owner AND finished_at IS NULL";

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    // Those of this process.
    private readonly ConcurrentDictionary<JobRunner, bool> _runners = new();

    // Once per statement: asked for each row it would keep the index from being used.
    private readonly string _now = $"(SELECT {db.Now})";

    // PostgreSQL passes over rows that another claims this moment; SQLite has one writer.
    internal string ClaimSql => $"""
        WITH due AS MATERIALIZED (
            SELECT id AS due_id FROM job WHERE kind = @kind AND finished_at IS NULL AND next_at <= {_now} ORDER BY next_at, id LIMIT @limit
            {(db.Engine is "postgresql" ? "FOR UPDATE SKIP LOCKED" : "")}
        )
        UPDATE job SET owner = @owner, epoch = epoch + 1, attempts = attempts + 1, next_at = {_now} + @lease
        FROM due WHERE id = due_id
        RETURNING {Columns}
        """;

    // From lane to lane, so that what waits in one costs nothing, however much it is. What has no lane comes beside it.
    internal string DueSql
    {
        get
        {
            const string Unfinished = "kind = @kind AND finished_at IS NULL";
            var some = $"SELECT d.id FROM job d WHERE d.kind = @kind AND d.lane = l.name AND d.finished_at IS NULL AND d.next_at <= {_now} ORDER BY d.next_at, d.id LIMIT @perLane";
            return $"""
                WITH RECURSIVE lanes (name) AS (
                    SELECT MIN(lane) FROM job WHERE {Unfinished}
                    UNION ALL
                    SELECT (SELECT MIN(lane) FROM job WHERE {Unfinished} AND lane > lanes.name) FROM lanes WHERE name IS NOT NULL
                )
                SELECT id, lane FROM (
                    SELECT j.id, j.lane, j.next_at FROM lanes l {(db.Engine is "postgresql" ? $"CROSS JOIN LATERAL ({some}) s JOIN job j ON j.id = s.id" : $"CROSS JOIN job j ON j.id IN ({some})")}
                    WHERE l.name IS NOT NULL AND NOT ({db.In("l.name", "full")})
                    UNION ALL
                    SELECT * FROM (SELECT id, lane, next_at FROM job WHERE {Unfinished} AND lane IS NULL AND next_at <= {_now} ORDER BY next_at, id LIMIT @limit) n
                ) due
                ORDER BY next_at, id LIMIT @limit
                """;
        }
    }

    internal string ClaimTheseSql => $"""
        WITH due AS MATERIALIZED (
            SELECT id AS due_id FROM job WHERE {db.In("id", "these")} AND finished_at IS NULL AND next_at <= {_now} ORDER BY next_at, id
            {(db.Engine is "postgresql" ? "FOR UPDATE SKIP LOCKED" : "")}
        )
        UPDATE job SET owner = @owner, epoch = epoch + 1, attempts = attempts + 1, next_at = {_now} + @lease
        FROM due WHERE id = due_id
        RETURNING {Columns}
        """;

    // As an array, since PostgreSQL would rather read all jobs than look some hundred up.
    internal string RemoveSql
    {
        get
        {
            var old = $"SELECT id FROM job WHERE finished_at IS NOT NULL AND finished_at <= {_now} - @olderThan LIMIT @limit";
            return $"DELETE FROM job WHERE id {(db.Engine is "postgresql" ? $"= ANY(ARRAY({old}))" : $"IN ({old})")}";
        }
    }

    /// <summary>Asks for work: a new job, or the unfinished one of the same kind and key.</summary>
    /// <param name="kind">What kind of work it is.</param>
    /// <param name="workKey">What it is about.</param>
    /// <param name="argument">What the handler has to know besides; a job that is there keeps its own.</param>
    /// <param name="delay">How long it waits before it may be done.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="lane">Who would have to wait if this took long; a runner does a few of one lane at a time (<see cref="JobRunnerOptions.MaxPerLane"/>).</param>
    /// <exception cref="StorageException">The database failed, or can never hold one of the texts (<see cref="StorageFault.Refused"/>): nothing was asked for.</exception>
    public Task<AddedJob> AddAsync(
        string kind, string workKey, string? argument, TimeSpan delay, CancellationToken cancellationToken, string? lane = null) =>
        db.TransactAsync(session => AddAsync(session, kind, workKey, argument, delay, lane), cancellationToken);

    /// <summary>
    /// Asks for work together with what else the transaction changes: both are kept, or neither. What waits for nothing is taken up by a runner of this
    /// process as soon as that is committed.
    /// </summary>
    /// <inheritdoc cref="AddAsync(string, string, string, TimeSpan, CancellationToken, string)"/>
    public async Task<AddedJob> AddAsync(DbSession session, string kind, string workKey, string? argument, TimeSpan delay, string? lane = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentException.ThrowIfNullOrEmpty(kind);
        ArgumentNullException.ThrowIfNull(workKey);
        Require(kind, MaxKindLength, "kind");
        Require(workKey, MaxWorkKeyLength, "key");
        Require(argument, MaxTextLength, "argument");
        Require(lane, MaxWorkKeyLength, "lane");

        // The update changes nothing; it is how a conflict answers the row that is there, also when that one is being finished this moment.
        var sql = $"""
            INSERT INTO job (id, kind, work_key, argument, trace_parent, created_at, next_at, epoch, attempts, lane)
            VALUES (@id, @kind, @workKey, @argument, @traceParent, {_now}, {_now} + @delay, 0, 0, @lane)
            ON CONFLICT (kind, work_key) WHERE finished_at IS NULL DO UPDATE SET work_key = excluded.work_key
            RETURNING id
            """;
        var id = ids.NewId();
        var there = await session.FindAsync<string>(
            sql, new { id, kind, workKey, argument, traceParent = TraceParent(), delay = (long)delay.TotalMilliseconds, lane });
        if (delay <= TimeSpan.Zero)
        {
            session.AfterCommit(() => Tell(runner => runner.Wake(kind)));
        }

        return new(there!, string.Equals(there, id, StringComparison.Ordinal));
    }

    /// <summary>The job; null when there is none.</summary>
    public async Task<Job?> FindAsync(string id, CancellationToken cancellationToken) => Text.IsStorable(id)
        ? await db.FindAsync<Job>($"SELECT {Columns} FROM job WHERE id = @id", new { id }, cancellationToken)
        : null;

    /// <summary>The unfinished job of this kind and key; null when there is none.</summary>
    public async Task<Job?> FindUnfinishedAsync(string kind, string workKey, CancellationToken cancellationToken)
    {
        const string Sql = $"SELECT {Columns} FROM job WHERE kind = @kind AND work_key = @workKey AND finished_at IS NULL";
        return Text.IsStorable(kind) && Text.IsStorable(workKey) ? await db.FindAsync<Job>(Sql, new { kind, workKey }, cancellationToken) : null;
    }

    /// <summary>Whether there is a job whose time has come. Only reads: whoever finds none has kept nobody from writing.</summary>
    public async Task<bool> IsDueAsync(string kind, CancellationToken cancellationToken) => await db.FindAsync<long?>(
        $"SELECT CAST(1 AS BIGINT) FROM job WHERE kind = @kind AND finished_at IS NULL AND next_at <= {_now} LIMIT 1", new { kind }, cancellationToken) is not null;

    /// <summary>Takes jobs whose time has come, those of owners that have died among them, the longest due first.</summary>
    public async Task<IReadOnlyList<Job>> ClaimAsync(string kind, string owner, int limit, TimeSpan lease, CancellationToken cancellationToken)
    {
        Require(kind, MaxKindLength, "kind");
        Require(owner, MaxWorkKeyLength, "owner");
        return await db.TransactAsync(
            session => session.QueryAsync<Job>(ClaimSql, new { kind, owner, limit, lease = (long)lease.TotalMilliseconds }), cancellationToken);
    }

    /// <summary>
    /// Some jobs whose time has come, the longest due first, and not more than <paramref name="perLane"/> of one lane. Only reads; others may have taken them
    /// a moment later.
    /// </summary>
    /// <param name="kind">What kind of jobs.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="perLane">How many of one lane.</param>
    /// <param name="full">Lanes that are left out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<DueJob>> ListDueAsync(
        string kind, int limit, int perLane, IReadOnlyCollection<string> full, CancellationToken cancellationToken) =>
        db.QueryAsync<DueJob>(DueSql, new { kind, limit, perLane, full = full.ToArray() }, cancellationToken);

    /// <summary>Takes those of these jobs whose time has come and that nobody has taken.</summary>
    public async Task<IReadOnlyList<Job>> ClaimTheseAsync(IReadOnlyCollection<string> these, string owner, TimeSpan lease, CancellationToken cancellationToken)
    {
        Require(owner, MaxWorkKeyLength, "owner");
        var arguments = new { these = these.ToArray(), owner, lease = (long)lease.TotalMilliseconds };
        return await db.TransactAsync(session => session.QueryAsync<Job>(ClaimTheseSql, arguments), cancellationToken);
    }

    /// <summary>
    /// Stops whoever does a job of the lane this moment, wherever that is, and answers when nobody does any more. What waits in the lane stays, and may be
    /// begun: this is for whoever has already changed what its handler asks first.
    /// </summary>
    /// <param name="kind">What kind of jobs.</param>
    /// <param name="lane">Their lane.</param>
    /// <param name="clock">Measures the pauses between two looks.</param>
    /// <param name="cancellationToken">Gives up waiting; they are stopped all the same.</param>
    public async Task StopLaneAsync(string kind, string lane, TimeProvider clock, CancellationToken cancellationToken)
    {
        // An owner that has died is not waited for longer than its lease.
        var held = $"kind = @kind AND lane = @lane AND finished_at IS NULL AND owner IS NOT NULL AND next_at > {_now}";
        if (await db.FindAsync<long>($"SELECT COUNT(*) FROM job WHERE {held}", new { kind, lane }, cancellationToken) == 0)
        {
            return;
        }

        await db.ExecuteAsync($"UPDATE job SET cancel_requested_at = COALESCE(cancel_requested_at, {_now}) WHERE {held}", new { kind, lane }, cancellationToken);
        Tell(runner => runner.Renew(lane));
        while (await db.FindAsync<long>($"SELECT COUNT(*) FROM job WHERE {held} AND cancel_requested_at IS NOT NULL", new { kind, lane }, cancellationToken) > 0)
        {
            await Task.Delay(s_look, clock, cancellationToken);
        }
    }

    /// <summary>Holds the job for another lease, and keeps what is told of its progress.</summary>
    /// <param name="job">The job as it was claimed.</param>
    /// <param name="lease">How long from now.</param>
    /// <param name="progress">Null leaves what was said before.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<JobHold> RenewAsync(Job job, TimeSpan lease, string? progress, CancellationToken cancellationToken)
    {
        var sql = $"""
            UPDATE job SET next_at = {_now} + @lease, progress = COALESCE(@progress, progress) WHERE {Mine}
            RETURNING CAST(CASE WHEN cancel_requested_at IS NULL THEN 1 ELSE 2 END AS BIGINT)
            """;
        ArgumentNullException.ThrowIfNull(job);
        var arguments = new { id = job.Id, epoch = job.Epoch, owner = job.Owner, lease = (long)lease.TotalMilliseconds, progress = Storable(progress) };
        return await db.TransactAsync(session => session.FindAsync<long?>(sql, arguments), cancellationToken) switch
        {
            1 => JobHold.Held,
            2 => JobHold.CancelRequested,
            _ => JobHold.Lost,
        };
    }

    /// <summary>Whether the job is still this owner's. Another may take it over a moment later.</summary>
    public async Task<bool> IsHeldAsync(Job job, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        return await db.FindAsync<string>($"SELECT id FROM job WHERE {Mine}", new { id = job.Id, epoch = job.Epoch, owner = job.Owner }, cancellationToken) is not null;
    }

    /// <summary>
    /// Whether the job is still this owner's, and keeps it so until the transaction ends: what is written along with this is written by whoever has the job, however
    /// long the process may have stood still before.
    /// </summary>
    public async Task<bool> HoldAsync(DbSession session, Job job)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(job);
        return await session.FindAsync<string>($"SELECT id FROM job WHERE {Mine}{db.ForUpdate}", new { id = job.Id, epoch = job.Epoch, owner = job.Owner }) is not null;
    }

    /// <summary>
    /// The job is done; false when it is not its owner's any more. A result that is longer than a job can hold ends it as failed, which says so: doing
    /// it again would bring the same, and half of a result is none.
    /// </summary>
    public Task<bool> SucceedAsync(Job job, string? result, CancellationToken cancellationToken) => result?.Length > MaxTextLength
        ? FailAsync(job, $"It was done, and its result has {result.Length} characters where {MaxTextLength} can be kept.", cancellationToken)
        : FinishAsync(job, "succeeded", result, null, cancellationToken);

    /// <summary>The job has failed for good; false when it is not its owner's any more.</summary>
    public Task<bool> FailAsync(Job job, string error, CancellationToken cancellationToken) => FinishAsync(job, "failed", null, error, cancellationToken);

    /// <summary>The owner has stopped because it was asked to; false when the job is not its own any more.</summary>
    public Task<bool> EndCancelledAsync(Job job, CancellationToken cancellationToken) => FinishAsync(job, "cancelled", null, null, cancellationToken);

    /// <summary>
    /// The attempt has failed, and there will be another one, unless somebody has asked to cancel the job: then this is its end. False when the job is not
    /// its owner's any more.
    /// </summary>
    public Task<bool> RetryAsync(Job job, string error, TimeSpan delay, CancellationToken cancellationToken) =>
        ReleaseAsync(job, "error = @error", Storable(error), delay, cancellationToken);

    /// <summary>The owner stops before the job is done, through no fault of the job: the attempt does not count. One that shall be cancelled ends.</summary>
    public Task<bool> GiveBackAsync(Job job, CancellationToken cancellationToken) =>
        ReleaseAsync(job, "attempts = attempts - 1", null, TimeSpan.Zero, cancellationToken);

    /// <summary>The same, and nobody takes the job up before this has passed.</summary>
    public Task<bool> PostponeAsync(Job job, TimeSpan delay, CancellationToken cancellationToken) =>
        ReleaseAsync(job, "attempts = attempts - 1", null, delay, cancellationToken);

    /// <summary>
    /// Asks to cancel the job. One that nobody has, or whose owner's lease is over, ends at once; the owner of another hears of it when it renews, and may
    /// be done before.
    /// </summary>
    /// <returns>False when there is no such job, or it is finished.</returns>
    public async Task<bool> CancelAsync(string id, CancellationToken cancellationToken)
    {
        if (!Text.IsStorable(id))
        {
            return false;
        }

        var sql = $"""
            UPDATE job SET
                cancel_requested_at = COALESCE(cancel_requested_at, {_now}),
                finished_at = CASE WHEN owner IS NULL OR next_at <= {_now} THEN {_now} END,
                outcome = CASE WHEN owner IS NULL OR next_at <= {_now} THEN 'cancelled' END
            WHERE id = @id AND finished_at IS NULL
            """;
        return await db.ExecuteAsync(sql, new { id }, cancellationToken) == 1;
    }

    /// <summary>Removes jobs that have been finished for longer than this.</summary>
    /// <returns>How many.</returns>
    public async Task<int> RemoveFinishedAsync(TimeSpan olderThan, CancellationToken cancellationToken)
    {
        var arguments = new { olderThan = (long)olderThan.TotalMilliseconds, limit = RemovedAtOnce };
        for (var removed = 0; ;)
        {
            var some = await db.ExecuteAsync(RemoveSql, arguments, cancellationToken);
            removed += some;
            if (some < RemovedAtOnce)
            {
                return removed;
            }
        }
    }

    private async Task<bool> FinishAsync(Job job, string outcome, string? result, string? error, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        var sql = $"""
            UPDATE job SET finished_at = {_now}, outcome = @outcome, result = @result, error = COALESCE(@error, error), owner = NULL WHERE {Mine}
            """;
        var arguments = new { id = job.Id, epoch = job.Epoch, owner = job.Owner, outcome, result = result is null ? null : Text.Repair(result), error = Storable(error) };
        return await db.ExecuteAsync(sql, arguments, cancellationToken) == 1;
    }

    private async Task<bool> ReleaseAsync(Job job, string change, string? error, TimeSpan delay, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        var sql = $"""
            UPDATE job SET
                owner = NULL, next_at = {_now} + @delay, {change},
                finished_at = CASE WHEN cancel_requested_at IS NOT NULL THEN {_now} END,
                outcome = CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled' END
            WHERE {Mine}
            """;
        var arguments = new { id = job.Id, epoch = job.Epoch, owner = job.Owner, error, delay = (long)delay.TotalMilliseconds };
        return await db.ExecuteAsync(sql, arguments, cancellationToken) == 1;
    }

    /// <summary>Tells the runner of what happens to jobs in this process, from now on.</summary>
    internal void Attach(JobRunner runner) => _runners[runner] = true;

    internal void Detach(JobRunner runner) => _runners.TryRemove(runner, out _);

    private void Tell(Action<JobRunner> what)
    {
        foreach (var (runner, _) in _runners)
        {
            what(runner);
        }
    }

    // A work that was changed would be another one, so it is refused before it becomes a job.
    private static void Require(string? text, int maxLength, string what)
    {
        if (text is not null && (text.Length > maxLength || !Text.IsStorable(text)))
        {
            throw new StorageException(
                StorageSource.Database,
                StorageFault.Refused,
                text.Length > maxLength
                    ? $"A job's {what} of {text.Length} characters is longer than {maxLength}."
                    : $"A job's {what} holds U+0000 or half a character.");
        }
    }

    // It is for whoever follows a request; the work is done without it as well.
    private static string? TraceParent() =>
        (Recording.Current is { } recording ? JobRecording.ContextOf(recording) : Activity.Current?.Id) is { Length: <= MaxTraceParentLength } id && Text.IsStorable(id) ? id : null;

    // What an exception or a handler says must not keep the job from being finished.
    private static string? Storable(string? text) => text is null ? null : Text.Repair(Text.Cut(text, MaxErrorLength));
}
