using Stagedoor.Storage;

namespace Stagedoor.Monitoring.Rollups;

/// <summary>
/// The minutes in the database of discovery, where they were written before the dashboard had one of its own. Those that leave are taken out of the
/// table, in batches that bear an id and never change, since a process that has not been renewed yet may still add to a minute in the table.
/// </summary>
internal sealed class FormerRollups(IDatabaseEngine engine) : IAsyncDisposable
{
    private const string Table = "metric_rollup";
    private const string Leaving = "metric_rollup_leaving";
    private const string Key = "tenant, service, level, minute, app, version, instance, instance_id";
    private const string Columns = $"{Key}, slots, qps_sum, weight, latency_sum, failure_sum, p99, breaker_open";
    private readonly Db _db = new(engine.Open("discovery"));

    /// <summary>Whether there is anything to bring over.</summary>
    public async Task<bool> IsEmptyAsync(CancellationToken cancellationToken) =>
        !(await Installations.ExamineAsync(_db, Table, cancellationToken)).HasContent
        && !(await Installations.ExamineAsync(_db, Leaving, cancellationToken)).HasContent;

    /// <summary>Makes room for what leaves. It is no migration of discovery's: one who goes back to the version before must be able to.</summary>
    public Task<int> PrepareAsync(CancellationToken cancellationToken)
    {
        const string Sql = $"""
            CREATE TABLE IF NOT EXISTS {Leaving} (
                batch TEXT NOT NULL, tenant TEXT NOT NULL, service TEXT NOT NULL, level TEXT NOT NULL, minute BIGINT NOT NULL, app TEXT NOT NULL,
                version TEXT NOT NULL, instance TEXT NOT NULL, instance_id TEXT NOT NULL, slots BIGINT NOT NULL, qps_sum DOUBLE PRECISION NOT NULL,
                weight DOUBLE PRECISION NOT NULL, latency_sum DOUBLE PRECISION NOT NULL, failure_sum DOUBLE PRECISION NOT NULL,
                p99 DOUBLE PRECISION NOT NULL, breaker_open BIGINT NOT NULL,
                PRIMARY KEY (batch, {Key}))
            """;
        return _db.TransactAsync(
            async session =>
            {
                if (_db.IsShared)
                {
                    // IF NOT EXISTS looks before it writes: two that make the table at once meet in PostgreSQL's catalogue, unless one waits for the other here.
                    await session.ExecuteAsync($"LOCK TABLE {Table} IN SHARE UPDATE EXCLUSIVE MODE");
                }

                return await session.ExecuteAsync(Sql);
            },
            cancellationToken);
    }

    /// <summary>Takes the latest minutes out of the table into a batch, and answers how many rows there were.</summary>
    public Task<int> TakeAsync(string batch, int size, CancellationToken cancellationToken)
    {
        const string Delete = $"""
            DELETE FROM {Table} WHERE ({Key}) IN (SELECT {Key} FROM {Table} ORDER BY minute DESC LIMIT @size) RETURNING {Columns}
            """;
        const string Insert = $"""
            INSERT INTO {Leaving} (batch, {Columns})
            VALUES (@Batch, @Tenant, @Service, @Level, @Minute, @App, @Version, @Instance, @InstanceId,
                    @Slots, @QpsSum, @Weight, @LatencySum, @FailureSum, @P99, @BreakerOpen)
            """;

        return _db.TransactAsync(
            async session =>
            {
                var rows = await session.QueryAsync<StoredRollup>(Delete, new { size });
                foreach (var row in rows)
                {
                    row.Batch = batch;
                }

                return rows.Count == 0 ? 0 : await session.ExecuteAsync(Insert, rows);
            },
            cancellationToken);
    }

    /// <summary>The batches on their way.</summary>
    public Task<IReadOnlyList<string>> ListBatchesAsync(CancellationToken cancellationToken) =>
        _db.QueryAsync<string>($"SELECT DISTINCT batch FROM {Leaving} ORDER BY batch", null, cancellationToken);

    public Task<IReadOnlyList<StoredRollup>> ListAsync(string batch, CancellationToken cancellationToken) =>
        _db.QueryAsync<StoredRollup>($"SELECT {Columns} FROM {Leaving} WHERE batch = @batch", new { batch }, cancellationToken);

    /// <summary>Forgets a batch that has arrived.</summary>
    public Task<int> RemoveAsync(string batch, CancellationToken cancellationToken) =>
        _db.ExecuteAsync($"DELETE FROM {Leaving} WHERE batch = @batch", new { batch }, cancellationToken);

    public ValueTask DisposeAsync() => _db.DisposeAsync();
}
