using System.Data.Common;
using Microsoft.Extensions.Logging.Abstractions;
using Stagedoor.Monitoring.Rollups;
using Stagedoor.Storage;
using Stagedoor.Storage.PostgreSql;
using Stagedoor.Storage.Sqlite;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Monitoring.Tests;

/// <summary>The way of old minutes from the database of discovery into the dashboard's own: each counts once, whatever happens on it.</summary>
public sealed class RollupMoveTests : IAsyncLifetime
{
    private const int Rows = 5;
    private const int Batch = 2;
    private readonly TemporaryFolder _folder = new();
    private OwnDatabase? _server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("sqlite", false)]
    [InlineData("sqlite", true)]
    [InlineData("postgresql", false)]
    [InlineData("postgresql", true)]
    public async Task A_process_that_is_killed_at_any_step_leaves_every_minute_counted_once(string engine, bool isCommitted)
    {
        await using var real = await EngineAsync(engine);
        await MakeAsync(real);

        var kills = 0;
        for (var isDone = false; !isDone; kills++)
        {
            await using var former = new Db(real.Open("discovery"));
            await FillAsync(former);
            var mortal = new MortalEngine(real, lifetime: kills, isCommitted);

            isDone = await LivesAsync(mortal);
            await MoveAsync(real);

            await CountsOnceAsync(real, $"killed at write {kills}");
        }

        // Room is made, and there are three batches of three steps each, and one look that finds nothing more.
        Assert.Equal(12, kills);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Two_that_move_at_once_count_every_minute_once(string engine)
    {
        await using var one = await EngineAsync(engine);
        await using var other = await EngineAsync(engine);
        await MakeAsync(one);
        await using (var former = new Db(one.Open("discovery")))
        {
            await FillAsync(former);
        }

        // Without the lock, as when the connection that holds it is lost: the marks alone have to do.
        await using var lockless = new PassingEngine(one, static (_, database) => new Lockless(database));
        await Task.WhenAll(MoveAsync(lockless), MoveAsync(other));

        await CountsOnceAsync(one, "moved by two");
    }

    [Fact]
    public async Task A_minute_that_an_older_process_adds_to_meanwhile_loses_nothing()
    {
        await using var real = await EngineAsync("sqlite");
        await MakeAsync(real);
        await using var former = new Db(real.Open("discovery"));
        await FillAsync(former);
        // The first batch is out of the table and has arrived; that is not known.
        Assert.False(await LivesAsync(new(real, lifetime: 2, isCommitted: true)));

        await FillAsync(former);
        await MoveAsync(real);

        await CountsOnceAsync(real, "written twice", times: 2);
    }

    private static async Task<bool> LivesAsync(MortalEngine mortal)
    {
        try
        {
            await MoveAsync(mortal);
            return true;
        }
        catch (StorageException)
        {
            return false;
        }
    }

    private static async Task MoveAsync(IDatabaseEngine engine)
    {
        await using var db = new MonitoringDb(engine);
        using var move = new RollupMove(engine, db, new(db), new(), TimeProvider.System, NullLogger<RollupMove>.Instance);
        await move.MoveAsync(Batch, Cancellation);
    }

    private static async Task MakeAsync(PassingEngine engine)
    {
        await using var db = new MonitoringDb(engine);
        await MigrationRunner.RunAsync(db, typeof(MonitoringModule).Assembly, TimeProvider.System, Cancellation);

        // The table of the version before is the same.
        await using var former = new Db(engine.Open("discovery"));
        await MigrationRunner.RunAsync(former, typeof(MonitoringModule).Assembly, TimeProvider.System, Cancellation);
    }

    private static async Task FillAsync(Db former)
    {
        const string Sql = """
            INSERT INTO metric_rollup
                (tenant, service, level, minute, app, version, instance, instance_id, slots, qps_sum, weight, latency_sum, failure_sum, p99, breaker_open)
            VALUES ('default/default', 'old', 'Provider', @minute, 'shop', '1.0.0', 'host-1', '', 6, 18, 30, 300, 3, 71, 1)
            ON CONFLICT (tenant, service, level, minute, app, version, instance, instance_id) DO UPDATE SET slots = metric_rollup.slots + excluded.slots
            """;
        await former.ExecuteAsync(Sql, Enumerable.Range(1, Rows).Select(static i => new { minute = i * 60_000L }).ToList(), Cancellation);
    }

    private static async Task CountsOnceAsync(PassingEngine engine, string what, int times = 1)
    {
        await using var db = new MonitoringDb(engine);
        await using var former = new Db(engine.Open("discovery"));
        var slots = await db.QueryAsync<long>("SELECT slots FROM metric_rollup ORDER BY minute", null, Cancellation);
        var left = await former.FindAsync<long>(
            "SELECT (SELECT COUNT(*) FROM metric_rollup) + (SELECT COUNT(*) FROM metric_rollup_leaving)", null, Cancellation);

        Assert.True(slots.SequenceEqual(Enumerable.Repeat(6L * times, Rows)), $"{what}: {string.Join(',', slots)}");
        Assert.Equal(0, left);
        await db.ExecuteAsync("DELETE FROM metric_rollup", null, Cancellation);
    }

    private async Task<PassingEngine> EngineAsync(string name)
    {
        if (name is "postgresql")
        {
            _server ??= await OwnDatabase.CreateAsync();
        }

        return new(
            _server is null ? new SqliteEngine(_folder.Path, NullLogger.Instance) : new PostgreSqlEngine(_server.ConnectionString, NullLogger.Instance),
            static (_, database) => database);
    }

    /// <summary>The databases of a process that ends at a write, before its commit or right behind it.</summary>
    private sealed class MortalEngine(IDatabaseEngine inner, int lifetime, bool isCommitted) : IDatabaseEngine
    {
        private int _writes;

        private bool IsDead => _writes > lifetime;

        private bool IsCommitted => isCommitted;

        public IPartitionEngine Partitions => inner.Partitions;

        public IDatabase Open(string moduleName, Durability durability = Durability.Full) => new Mortal(this, inner.Open(moduleName, durability));

        private static StorageException Dead() => new(StorageSource.Database, StorageFault.Unavailable, "killed");

        private sealed class Mortal(MortalEngine engine, IDatabase database) : PassingDatabase(database)
        {
            public override Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken) =>
                engine.IsDead ? throw Dead() : base.ReadAsync(work, cancellationToken);

            public override async Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken)
            {
                engine._writes++;
                if (engine.IsDead && !engine.IsCommitted)
                {
                    throw Dead();
                }

                var answer = await base.WriteAsync(work, cancellationToken);
                return engine.IsDead ? throw Dead() : answer;
            }
        }
    }

    private sealed class Lockless(IDatabase inner) : PassingDatabase(inner)
    {
        public override Task<IAsyncDisposable> LockAsync(string name, CancellationToken cancellationToken) =>
            Task.FromResult<IAsyncDisposable>(new MemoryStream());
    }
}
