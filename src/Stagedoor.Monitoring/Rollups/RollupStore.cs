using Stagedoor.Monitoring.Reports;
using Stagedoor.Storage;

namespace Stagedoor.Monitoring.Rollups;

/// <summary>Rolled-up minutes in the database.</summary>
internal sealed class RollupStore(MonitoringDb db)
{
    private const string Columns =
        "tenant, service, level, minute, app, version, instance, instance_id, slots, qps_sum, weight, latency_sum, failure_sum, p99, breaker_open";

    // Two parts of one minute add up.
    private const string AddUp = """
        ON CONFLICT (tenant, service, level, minute, app, version, instance, instance_id) DO UPDATE SET
            slots = metric_rollup.slots + excluded.slots,
            qps_sum = metric_rollup.qps_sum + excluded.qps_sum,
            weight = metric_rollup.weight + excluded.weight,
            latency_sum = metric_rollup.latency_sum + excluded.latency_sum,
            failure_sum = metric_rollup.failure_sum + excluded.failure_sum,
            p99 = CASE WHEN excluded.p99 > metric_rollup.p99 THEN excluded.p99 ELSE metric_rollup.p99 END,
            breaker_open = CASE WHEN excluded.breaker_open > metric_rollup.breaker_open THEN excluded.breaker_open ELSE metric_rollup.breaker_open END
        """;

    /// <summary>Adds the rows in one transaction.</summary>
    public Task AddAsync(IReadOnlyList<RollupRow> rows, CancellationToken cancellationToken) =>
        db.TransactAsync(session => AddAsync(session, rows), cancellationToken);

    /// <summary>Adds a batch that was brought here, once: whoever brings it a second time, after a crash or beside another process, changes nothing.</summary>
    public Task<int> AddOnceAsync(string batch, IReadOnlyList<RollupRow> rows, CancellationToken cancellationToken)
    {
        // In the same transaction as the rows. On PostgreSQL the second waits here until the first has committed, and then finds its mark.
        const string Sql = "INSERT INTO rollup_arrival (batch) VALUES (@batch) ON CONFLICT (batch) DO NOTHING";

        return db.TransactAsync(
            async session => await session.ExecuteAsync(Sql, new { batch }) == 1 ? await AddAsync(session, rows) : 0,
            cancellationToken);
    }

    /// <inheritdoc cref="Stagedoor.Storage.Db.ReadEarlierClockAsync"/>
    public Task<DateTimeOffset> ReadEarlierClockAsync(TimeProvider clock, CancellationToken cancellationToken) => db.ReadEarlierClockAsync(clock, cancellationToken);

    /// <summary>Removes minutes that began before this, and tells how many rows.</summary>
    public Task<int> DeleteBeforeAsync(long minute, CancellationToken cancellationToken) =>
        db.ExecuteAsync("DELETE FROM metric_rollup WHERE minute < @minute", new { minute }, cancellationToken);

    /// <summary>The minutes that begin from <paramref name="from"/> on and before <paramref name="to"/>, oldest first.</summary>
    public Task<IReadOnlyList<RolledUpMinute>> ListAsync(
        string tenant, string service, InterfaceKind kind, string? app, string? instance, long from, long to, CancellationToken cancellationToken)
    {
        // An instance that lived for a part of the minute counts for that part.
        const string Sql = """
            SELECT minute,
                   SUM(qps_sum) / MAX(slots) AS qps,
                   SUM(weight) AS weight,
                   SUM(latency_sum) AS latency_sum,
                   SUM(failure_sum) AS failure_sum,
                   MAX(p99) AS p99,
                   MAX(slots) AS slots,
                   MAX(breaker_open) AS breaker_open
            FROM metric_rollup
            WHERE tenant = @tenant AND service = @service AND level = @level AND minute >= @from AND minute < @to
              AND (@app = '' OR app = @app) AND (@instance = '' OR instance = @instance OR instance_id = @instance)
            GROUP BY minute
            ORDER BY minute
            """;

        return db.QueryAsync<RolledUpMinute>(
            Sql, new { tenant, service, level = kind.ToString(), app = app ?? "", instance = instance ?? "", from, to }, cancellationToken);
    }

    private Task<int> AddAsync(DbSession session, IReadOnlyList<RollupRow> rows) =>
        db.Engine is "postgresql" ? AddArraysAsync(session, rows) : AddEachAsync(session, rows);

    private static Task<int> AddEachAsync(DbSession session, IReadOnlyList<RollupRow> rows)
    {
        const string Sql = $"""
            INSERT INTO metric_rollup ({Columns})
            VALUES (@Tenant, @Service, @Level, @Minute, @App, @Version, @Instance, @InstanceId, @Slots, @QpsSum, @Weight, @LatencySum, @FailureSum, @P99, @BreakerOpen)
            {AddUp}
            """;

        var all = rows.Select(static r => new
        {
            r.Key.Tenant,
            r.Key.Service,
            Level = r.Level.ToString(),
            r.Minute,
            r.Key.App,
            r.Key.Version,
            r.Key.Instance,
            r.Key.InstanceId,
            r.Slots,
            r.QpsSum,
            r.Weight,
            r.LatencySum,
            r.FailureSum,
            r.P99,
            BreakerOpen = r.IsOpen ? 1L : 0L,
        });
        return session.ExecuteAsync(Sql, all.ToList());
    }

    // One statement and one round trip, however many rows.
    private static Task<int> AddArraysAsync(DbSession session, IReadOnlyList<RollupRow> rows)
    {
        const string Sql = $"""
            INSERT INTO metric_rollup ({Columns})
            SELECT * FROM unnest(
                @tenants::text[], @services::text[], @levels::text[], @minutes::bigint[], @apps::text[], @versions::text[], @instances::text[],
                @instanceIds::text[], @slots::bigint[], @qps::double precision[], @weights::double precision[], @latencies::double precision[],
                @failures::double precision[], @p99s::double precision[], @open::bigint[])
            {AddUp}
            """;

        var arrays = new
        {
            tenants = Array(static r => r.Key.Tenant),
            services = Array(static r => r.Key.Service),
            levels = Array(static r => r.Level.ToString()),
            minutes = Array(static r => r.Minute),
            apps = Array(static r => r.Key.App),
            versions = Array(static r => r.Key.Version),
            instances = Array(static r => r.Key.Instance),
            instanceIds = Array(static r => r.Key.InstanceId),
            slots = Array(static r => r.Slots),
            qps = Array(static r => r.QpsSum),
            weights = Array(static r => r.Weight),
            latencies = Array(static r => r.LatencySum),
            failures = Array(static r => r.FailureSum),
            p99s = Array(static r => r.P99),
            open = Array(static r => r.IsOpen ? 1L : 0L),
        };
        return session.ExecuteAsync(Sql, arrays);

        T[] Array<T>(Func<RollupRow, T> column) => [.. rows.Select(column)];
    }
}
