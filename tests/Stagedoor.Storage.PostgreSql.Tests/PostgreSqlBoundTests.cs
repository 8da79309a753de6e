using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Stagedoor.Storage.Contracts.Databases;
using Xunit;

namespace Stagedoor.Storage.PostgreSql.Tests;

/// <summary>What the server itself puts an end to, because nobody else can: sessions whose process is frozen or gone.</summary>
public sealed class PostgreSqlBoundTests : IAsyncLifetime
{
    private const string Waiters = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = @name AND wait_event_type = 'Lock'";

    private readonly string _name = $"t{Guid.NewGuid():N}"[..29];
    private readonly List<IAsyncDisposable> _opened = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await using var engine = Engine(null);
        await using var db = new Db(engine.Open(_name));
        await db.ExecuteAsync("CREATE TABLE item (id TEXT PRIMARY KEY, amount BIGINT NOT NULL)", null, Cancellation);
        await db.ExecuteAsync("INSERT INTO item (id, amount) VALUES ('a', 0), ('b', 0)", null, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        _opened.Reverse();
        foreach (var opened in _opened)
        {
            await opened.DisposeAsync();
        }

        await PostgreSqlServer.ExecuteAsync($"DROP SCHEMA IF EXISTS {_name} CASCADE");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_stands_still_in_a_transaction_is_ended_and_runs_again_on_what_another_did(bool isAtCommit)
    {
        var (db, other) = (Open("-c idle_in_transaction_session_timeout=500ms"), Open(null));
        var (reached, over) = (NewSignal(), NewSignal());
        var runs = 0;
        var frozen = db.TransactAsync(
            async session =>
            {
                var amount = await session.FindAsync<long>("UPDATE item SET amount = amount + 1 WHERE id = 'a' RETURNING amount");
                if (++runs == 1)
                {
                    reached.SetResult();
                    await over.Task;
                }

                return isAtCommit ? amount : await session.FindAsync<long>("UPDATE item SET amount = @amount WHERE id = 'b' RETURNING amount", new { amount });
            },
            Cancellation);
        await reached.Task.WithinAMinuteAsync("the transaction");

        // It waits for the row that the other holds.
        await other.ExecuteAsync("UPDATE item SET amount = amount + 10 WHERE id = 'a'", null, Cancellation).WithinAMinuteAsync("the other writer");
        over.SetResult();

        Assert.Equal((11, 2), (await frozen.WithinAMinuteAsync("the frozen one"), runs));
        Assert.Equal([11, isAtCommit ? 0 : 11], await other.QueryAsync<long>("SELECT amount FROM item ORDER BY id", null, Cancellation));
    }

    [Fact]
    public async Task Who_stands_still_again_and_again_is_told_that_nothing_was_kept()
    {
        var db = Open("-c idle_in_transaction_session_timeout=100ms");
        var runs = 0;

        var fault = await Assert.ThrowsAsync<StorageException>(() => db.TransactAsync(
            async session =>
            {
                runs++;
                await session.ExecuteAsync("UPDATE item SET amount = amount + 1");
                await EndedAsync();
                return 0;
            },
            Cancellation));

        Assert.Equal((StorageFault.Unavailable, 6), (fault.Fault, runs));
        Assert.Equal([0, 0], await db.QueryAsync<long>("SELECT amount FROM item", null, Cancellation));
    }

    [Fact]
    public async Task Who_waits_too_long_for_a_row_is_told_so_and_waits_no_more()
    {
        var db = Open("-c lock_timeout=200ms", pool: 1);
        await using var holder = await HoldAsync();

        for (var i = 0; i < 3; i++)
        {
            var fault = await Assert.ThrowsAsync<StorageException>(() => db.ExecuteAsync("UPDATE item SET amount = amount + 1 WHERE id = 'a'", null, Cancellation));
            Assert.Equal((StorageSource.Database, StorageFault.Busy), (fault.Store, fault.Fault));
        }

        // On the same connection, which nothing waits on any more.
        Assert.Equal(0, await db.FindAsync<long>(Waiters, new { name = _name }, Cancellation));
        await holder.DisposeAsync();
        Assert.Equal(1, await db.ExecuteAsync("UPDATE item SET amount = amount + 1 WHERE id = 'a'", null, Cancellation));
    }

    [Fact]
    public async Task A_transaction_can_have_less_patience_and_the_next_on_the_connection_has_the_usual()
    {
        var db = Open(null, pool: 1);
        await using var holder = await HoldAsync();

        var fault = await Assert.ThrowsAsync<StorageException>(() => db.TransactAsync(
            session => session.FindAsync<long>(
                db.WaitAtMost(TimeSpan.FromMilliseconds(150)) + "UPDATE item SET amount = amount + @more WHERE id = 'a' RETURNING amount", new { more = 1 }),
            Cancellation));

        Assert.Equal(StorageFault.Busy, fault.Fault);
        Assert.Equal("10s", await ShowAsync(db, "lock_timeout"));
    }

    [Fact]
    public async Task Every_session_is_bounded_however_often_its_connection_is_used_or_made_anew()
    {
        var db = Open(null, pool: 1);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(
                ["5s", "10s", "10", "2", "9", "30000"],
                await Task.WhenAll(
                    ShowAsync(db, "idle_in_transaction_session_timeout"), ShowAsync(db, "lock_timeout"), ShowAsync(db, "tcp_keepalives_idle"),
                    ShowAsync(db, "tcp_keepalives_interval"), ShowAsync(db, "tcp_keepalives_count"), ShowAsync(db, "tcp_user_timeout")));
            // Long enough for a slow machine to come to the commit.
            await db.TransactAsync(session => session.ExecuteAsync("SET lock_timeout = 1; SET idle_in_transaction_session_timeout = 4321"), Cancellation);
            if (i == 1)
            {
                await PostgreSqlServer.ExecuteAsync("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = $1", _name);
            }
        }
    }

    [Theory]
    [InlineData(Durability.Full, "on")]
    [InlineData(Durability.Normal, "off")]
    public async Task What_the_operator_has_set_stays(Durability durability, string commits)
    {
        await using var engine = Engine("-c idle_in_transaction_session_timeout=20s -c work_mem=5MB");
        await using var db = new Db(engine.Open(_name, durability));

        Assert.Equal("20s", await ShowAsync(db, "idle_in_transaction_session_timeout"));
        Assert.Equal("5MB", await ShowAsync(db, "work_mem"));
        Assert.Equal("10s", await ShowAsync(db, "lock_timeout"));
        Assert.Equal(commits, await ShowAsync(db, "synchronous_commit"));
    }

    [Fact]
    public async Task A_lock_of_the_installation_is_waited_for_without_bound_and_no_longer_than_its_process_lives()
    {
        var db = Open("-c lock_timeout=200ms");
        await using var held = await db.LockAsync("long", Cancellation);

        await using var command = new NpgsqlCommand("SELECT current_setting('lock_timeout') || ' ' || current_setting('client_connection_check_interval')", (NpgsqlConnection)held);
        Assert.Equal("0 2s", await command.ExecuteScalarAsync(Cancellation));
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // SHOW cannot be prepared with others; one value a call.
    private static async Task<string> ShowAsync(Db db, string setting) => (await db.FindAsync<string>($"SHOW {setting}", null, Cancellation))!;

    private PostgreSqlEngine Engine(string? options, int pool = 4) => new(
        new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString)
        {
            Options = options,
            ApplicationName = _name,
            MaxPoolSize = pool,
        }.ToString(),
        NullLogger.Instance);

    private Db Open(string? options, int pool = 4)
    {
        var engine = Engine(options, pool);
        var db = new Db(engine.Open(_name));
        _opened.AddRange([engine, db]);
        return db;
    }

    /// <summary>Somebody who has changed a row and does not come to an end.</summary>
    private async Task<NpgsqlConnection> HoldAsync()
    {
        var holder = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString) { Pooling = false }.ToString());
        await holder.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand($"BEGIN; UPDATE {_name}.item SET amount = amount + 100 WHERE id = 'a'", holder);
        await command.ExecuteNonQueryAsync(Cancellation);
        return holder;
    }

    /// <summary>Waits until no session of the test is in a transaction any more.</summary>
    private async Task EndedAsync()
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString) { Pooling = false });
        await using var command = source.CreateCommand("SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = $1 AND state LIKE 'idle in%'");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _name });
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while ((long)(await command.ExecuteScalarAsync(Cancellation))! > 0)
        {
            await timer.WaitForNextTickAsync(Cancellation);
        }
    }
}
