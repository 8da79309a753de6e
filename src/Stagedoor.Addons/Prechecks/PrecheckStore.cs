using Stagedoor.Addons.Instances;

namespace Stagedoor.Addons.Prechecks;

/// <summary>Looks at add-ons, and what they found, for a day.</summary>
internal sealed class PrecheckStore(AddonsDb db, AddonsJobs jobs, IdSource ids, TimeProvider clock)
{
    /// <summary>How many may be under way in a cluster.</summary>
    public const int MaxUnderWay = 100;

    private const int MaxKept = 200;
    private const int MaxMessage = 4_000;
    private const int RemovedAtOnce = 500;

    private const string Columns = """
        id, domain_id, project_id, cluster_id, instance_id, template, type, target_version, values_json, body_sha256, status, message, risks, created_at, expires_at
        """;

    private const string UnderWay = "status IN ('Init', 'Running')";

    private static readonly TimeSpan s_kept = TimeSpan.FromHours(24);

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Asks for looks, each with its job. One that is under way already is not begun again, and answered as it is.</summary>
    /// <returns>Them, in the order in which they were asked for.</returns>
    public Task<PrecheckBegun> AddAsync(string clusterId, IReadOnlyList<Precheck> some, CancellationToken cancellationToken)
    {
        // The update changes nothing; it is how a conflict answers the row that is there, also when that one is being finished this moment.
        const string Insert = $"""
            INSERT INTO addon_precheck ({Columns})
            VALUES (@Id, @DomainId, @ProjectId, @ClusterId, @InstanceId, @Template, @Type, @TargetVersion, @ValuesJson, @BodySha256, 'Init', '', '[]', @CreatedAt, @ExpiresAt)
            ON CONFLICT (instance_id, body_sha256) WHERE {UnderWay} DO UPDATE SET body_sha256 = excluded.body_sha256
            RETURNING {Columns}
            """;

        var now = Now;
        return db.TransactAsync<PrecheckBegun>(
            async session =>
            {
                // One request after the other, so that the count is of all there are.
                if (await session.FindAsync<string>($"SELECT id FROM cluster WHERE id = @clusterId{db.ForNoKeyUpdate}", new { clusterId }) is null)
                {
                    return new(PrecheckOutcome.ClusterGone, []);
                }

                if (await session.FindAsync<long>($"SELECT COUNT(*) FROM addon_precheck WHERE cluster_id = @clusterId AND {UnderWay}", new { clusterId }) + some.Count > MaxUnderWay)
                {
                    return new(PrecheckOutcome.TooMany, []);
                }

                var rows = new List<Precheck>();
                foreach (var asked in some)
                {
                    var row = asked with { Id = ids.NewGuid().ToString("D"), CreatedAt = now, ExpiresAt = now + (long)s_kept.TotalMilliseconds };
                    var there = (await session.FindAsync<Precheck>(Insert, row))!;
                    if (string.Equals(there.Id, row.Id, StringComparison.Ordinal))
                    {
                        // In a lane of their own, so that no operation of the cluster waits for them.
                        await jobs.Store.AddAsync(session, PrecheckJob.Name, row.Id, row.Id, TimeSpan.Zero, $"{clusterId}/precheck");
                    }

                    rows.Add(there);
                }

                await session.ExecuteAsync(
                    $"""
                    DELETE FROM addon_precheck WHERE cluster_id = @clusterId AND NOT ({UnderWay}) AND id NOT IN (
                        SELECT id FROM addon_precheck WHERE cluster_id = @clusterId AND NOT ({UnderWay}) ORDER BY created_at DESC, id DESC LIMIT @kept)
                    """,
                    new { clusterId, kept = MaxKept });
                return new(PrecheckOutcome.Begun, rows);
            },
            cancellationToken);
    }

    /// <summary>Those of a cluster that have not expired, the latest first.</summary>
    public Task<IReadOnlyList<Precheck>> ListAsync(string clusterId, PrecheckFilter filter, CancellationToken cancellationToken) => db.QueryAsync<Precheck>(
        $"""
        SELECT {Columns} FROM addon_precheck WHERE cluster_id = @clusterId AND expires_at > @now AND (@Type = '' OR type = @Type) AND (@TaskId = '' OR id = @TaskId)
        AND (@InstanceId = '' OR instance_id = @InstanceId)
        ORDER BY created_at DESC, id DESC
        """,
        new { clusterId, now = Now, filter.Type, filter.TaskId, filter.InstanceId },
        cancellationToken);

    /// <summary>One that is to be done, from now on under way; <c>null</c> where it is done, or gone.</summary>
    public Task<Precheck?> BeginAsync(string id, CancellationToken cancellationToken) => db.TransactAsync(
        session => session.FindAsync<Precheck>($"UPDATE addon_precheck SET status = 'Running' WHERE id = @id AND {UnderWay} RETURNING {Columns}", new { id }), cancellationToken);

    /// <summary>One that is under way; <c>null</c> where it is done, or gone.</summary>
    public Task<Precheck?> FindUnderWayAsync(string id, CancellationToken cancellationToken) =>
        db.FindAsync<Precheck>($"SELECT {Columns} FROM addon_precheck WHERE id = @id AND {UnderWay}", new { id }, cancellationToken);

    /// <summary>Tells how far one is; false when it is not under way any more.</summary>
    public async Task<bool> ReportAsync(Precheck precheck, string message, CancellationToken cancellationToken) => await db.ExecuteAsync(
        $"UPDATE addon_precheck SET message = @message WHERE id = @Id AND {UnderWay}", new { precheck.Id, message = Kept(message) }, cancellationToken) == 1;

    /// <summary>Keeps what one has found; false when it is not under way any more.</summary>
    public async Task<bool> FinishAsync(Precheck precheck, string status, string message, string risks, CancellationToken cancellationToken) => await db.ExecuteAsync(
        $"UPDATE addon_precheck SET status = @status, message = @message, risks = @risks, values_json = '', expires_at = @expiresAt WHERE id = @Id AND {UnderWay}",
        new { precheck.Id, status, message = Kept(message), risks, expiresAt = Math.Max(Now, precheck.CreatedAt) + (long)s_kept.TotalMilliseconds },
        cancellationToken) == 1;

    /// <summary>Forgets those that have expired; no more at once than one statement does well.</summary>
    public async Task RemoveExpiredAsync(CancellationToken cancellationToken)
    {
        const string Sql = "DELETE FROM addon_precheck WHERE id IN (SELECT id FROM addon_precheck WHERE expires_at <= @now LIMIT @limit)";
        while (await db.ExecuteAsync(Sql, new { now = Now, limit = RemovedAtOnce }, cancellationToken) == RemovedAtOnce)
        {
            // There may be more.
        }
    }

    private static string Kept(string message) => Text.Repair(Text.Cut(message, MaxMessage));
}

/// <summary>What became of a request for looks.</summary>
internal enum PrecheckOutcome
{
    Begun,
    ClusterGone,

    /// <summary>So many are under way in the cluster that no more are begun.</summary>
    TooMany,
}

/// <summary>What became of a request for looks, and them.</summary>
internal readonly record struct PrecheckBegun(PrecheckOutcome Outcome, IReadOnlyList<Precheck> Prechecks);

/// <summary>Which looks are listed; empty texts for all.</summary>
internal sealed record PrecheckFilter(string Type, string TaskId, string InstanceId);
