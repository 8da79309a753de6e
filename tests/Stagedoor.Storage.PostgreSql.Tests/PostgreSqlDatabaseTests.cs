using System.Net.Sockets;
using Npgsql;
using Stagedoor.Storage.Contracts.Databases;
using Xunit;

namespace Stagedoor.Storage.PostgreSql.Tests;

public sealed class PostgreSqlDatabaseTests : DatabaseContract
{
    private PostgreSqlFixture Own => (PostgreSqlFixture)Fixture;

    public override ValueTask InitializeAsync()
    {
        _ = PostgreSqlServer.ConnectionString;
        return base.InitializeAsync();
    }

    [Fact]
    public async Task What_is_sent_is_heard_when_it_is_committed_and_not_when_it_is_undone()
    {
        var heard = System.Threading.Channels.Channel.CreateUnbounded<string>();
        var listening = NewSignal();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var listener = Db.ListenAsync(listening.SetResult, text => heard.Writer.TryWrite(text), ended.Token);
        await listening.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);

        await Db.NotifyAsync("alone", Cancellation);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Db.TransactAsync<int>(
            async session =>
            {
                await session.NotifyAsync("undone");
                throw new InvalidOperationException();
            },
            Cancellation));
        await Db.TransactAsync(
            async session =>
            {
                await session.NotifyAsync("kept");
                return 0;
            },
            Cancellation);

        Assert.Equal("alone", await heard.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
        Assert.Equal("kept", await heard.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
        await ended.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listener);
    }

    [Fact]
    public async Task Out_of_connections_is_a_fault_that_passes()
    {
        var settings = new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString) { MaxPoolSize = 1, Timeout = 1 };
        await using var engine = new PostgreSqlEngine(settings.ToString(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        await using var db = new Db(engine.Open(Own.ModuleName));
        var (begun, end) = (NewSignal(), NewSignal());
        var held = db.ReadAsync(
            async _ =>
            {
                begun.SetResult();
                await end.Task;
                return 0;
            },
            Cancellation);
        await begun.Task;

        var fault = await Assert.ThrowsAsync<StorageException>(() => db.CheckAsync(Cancellation));

        Assert.Equal(StorageFault.Unavailable, fault.Fault);
        end.SetResult();
        await held;
        await db.CheckAsync(Cancellation);
    }

    [Fact]
    public async Task Looking_whether_a_schema_is_there_makes_none()
    {
        var name = $"test_{Guid.NewGuid():N}";
        await using var engine = new PostgreSqlEngine(PostgreSqlServer.ConnectionString, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        await using var db = new Db(engine.Open(name));

        Assert.False((await Installations.ExamineAsync(db, "item", Cancellation)).IsMade);

        Assert.False(await db.ExistsAsync(Cancellation));
    }

    [Fact]
    public async Task Of_two_in_a_deadlock_the_victim_runs_again()
    {
        await AddAsync(Db, "a", 0);
        await AddAsync(Db, "b", 0);
        using var meeting = new Meeting();
        var runs = 0;

        Task<int> RaiseAsync(string first, string second) => Db.TransactAsync(
            async session =>
            {
                Interlocked.Increment(ref runs);
                await session.ExecuteAsync("UPDATE item SET created_at = created_at + 1 WHERE id = @first", new { first });
                await meeting.JoinAsync();
                return await session.ExecuteAsync("UPDATE item SET created_at = created_at + 1 WHERE id = @second", new { second });
            },
            Cancellation);
        await Task.WhenAll(RaiseAsync("a", "b"), RaiseAsync("b", "a")).WithinAMinuteAsync("both");

        Assert.Equal(3, runs);
        Assert.Equal([2, 2], await Db.QueryAsync<long>("SELECT created_at FROM item", null, Cancellation));
    }

    [Fact]
    public async Task A_serialization_conflict_runs_again()
    {
        await AddAsync(Db, "a", 0);
        using var meeting = new Meeting();
        var runs = 0;

        Task<int> RaiseAsync() => Db.TransactAsync(
            async session =>
            {
                Interlocked.Increment(ref runs);
                await session.ExecuteAsync("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE");
                var at = await session.FindAsync<long>("SELECT created_at FROM item");
                await meeting.JoinAsync();
                return await session.ExecuteAsync("UPDATE item SET created_at = @next", new { next = at + 1 });
            },
            Cancellation);
        await Task.WhenAll(RaiseAsync(), RaiseAsync()).WithinAMinuteAsync("both");

        Assert.Equal(3, runs);
        Assert.Equal(2, await Db.FindAsync<long>("SELECT created_at FROM item", null, Cancellation));
    }

    [Fact]
    public async Task A_conflict_that_never_ends_is_given_up_after_five_more_runs()
    {
        var runs = 0;

        var fault = await Assert.ThrowsAsync<StorageException>(() => Db.TransactAsync(
            session =>
            {
                runs++;
                return session.ExecuteAsync("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$");
            },
            Cancellation));

        Assert.Equal((6, StorageFault.Failed), (runs, fault.Fault));
    }

    [Theory]
    [InlineData("53100", StorageFault.Full)]
    [InlineData("57P03", StorageFault.Unavailable)]
    [InlineData("08006", StorageFault.Unavailable)]
    [InlineData("53300", StorageFault.Unavailable)]
    [InlineData("XX001", StorageFault.Corrupt)]
    [InlineData("23505", StorageFault.Failed)]
    [InlineData("57014", StorageFault.Failed)]
    public async Task A_state_of_the_server_is_a_fault(string state, StorageFault expected)
    {
        var fault = await Assert.ThrowsAsync<StorageException>(() => Db.TransactAsync(
            session => session.ExecuteAsync($"DO $$ BEGIN RAISE EXCEPTION 'provoked' USING ERRCODE = '{state}'; END $$"), Cancellation));

        Assert.Equal((StorageSource.Database, expected), (fault.Store, fault.Fault));
        Assert.Equal($"{Db.Location}: {state} provoked", fault.Message);
    }

    [Fact]
    public async Task A_connection_that_dies_before_the_commit_is_replaced_and_the_work_runs_again()
    {
        var runs = 0;

        await Db.TransactAsync(
            async session =>
            {
                await InsertAsync(session, "a", ++runs);
                return runs == 1 ? await session.ExecuteAsync("SELECT pg_terminate_backend(pg_backend_pid())") : 0;
            },
            Cancellation);

        Assert.Equal([2], await Db.QueryAsync<long>("SELECT created_at FROM item", null, Cancellation));
    }

    [Fact]
    public async Task A_connection_that_dies_in_the_commit_is_reported_and_nothing_runs_again()
    {
        await Db.TransactAsync(
            session => session.ExecuteAsync("""
                CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
                CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die();
                """),
            Cancellation);
        var runs = 0;

        var fault = await Assert.ThrowsAsync<StorageException>(() => Db.TransactAsync(
            session =>
            {
                runs++;
                return InsertAsync(session, "a", 1);
            },
            Cancellation));

        Assert.Equal((1, StorageFault.Unavailable), (runs, fault.Fault));
    }

    [Fact]
    public async Task A_swallowed_failure_fails_the_transaction()
    {
        await AddAsync(Db, "taken", 1);

        var fault = await Assert.ThrowsAsync<StorageException>(() => Db.TransactAsync(
            async session =>
            {
                await FaultAsync(() => InsertAsync(session, "taken", 2));
                return 0;
            },
            Cancellation));

        Assert.Contains("25P02", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unavailable_and_the_password_stays_secret()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        var fault = await FaultOfAsync(new() { Host = "127.0.0.1", Port = port, Username = "u", Password = "geheim", Database = "stage" });

        Assert.Equal((StorageSource.Database, StorageFault.Unavailable), (fault.Store, fault.Fault));
        Assert.StartsWith($"127.0.0.1:{port}/stage: ", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_unavailable()
    {
        var fault = await FaultOfAsync(new(PostgreSqlServer.ConnectionString) { Password = "geheim" });

        Assert.Equal(StorageFault.Unavailable, fault.Fault);
        Assert.DoesNotContain("geheim", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_database_is_unavailable()
    {
        var fault = await FaultOfAsync(new(PostgreSqlServer.ConnectionString) { Database = "absent" });

        Assert.Equal(StorageFault.Unavailable, fault.Fault);
        Assert.Contains("/absent: ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_who_open_a_new_module_make_its_schema_once()
    {
        await using var fixture = new PostgreSqlFixture();

        var checks = Enumerable.Range(0, 12).Select(_ => fixture.Open().CheckAsync(Cancellation)).ToList();

        await Task.WhenAll(checks).WithinAMinuteAsync("12 checks");
    }

    [Fact]
    public async Task Modules_do_not_see_each_others_tables()
    {
        await using var fixture = new PostgreSqlFixture();

        var fault = await Assert.ThrowsAsync<StorageException>(() => IdsAsync(fixture.Open()));

        Assert.Contains("42P01", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_is_free_when_the_connection_of_its_holder_is_gone()
    {
        await using var second = Fixture.Open();
        await using var held = await Db.LockAsync("upkeep", Cancellation);

        await Fixture.BreakAsync();

        await (await second.LockAsync("upkeep", Cancellation).WithinAMinuteAsync("the lock")).DisposeAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("Gateway")]
    [InlineData("a b")]
    [InlineData("a\"; DROP SCHEMA public; --")]
    public async Task A_name_that_cannot_be_a_schema_is_refused(string name)
    {
        await using var engine = new PostgreSqlEngine("Host=localhost", Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

        Assert.Throws<ArgumentException>(() => engine.Open(name));
    }

    [Fact]
    public async Task A_module_can_have_a_smaller_pool_than_others()
    {
        var settings = new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString) { Timeout = 1 };
        await using var engine = new PostgreSqlEngine(
            settings.ToString(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, new Dictionary<string, int>(StringComparer.Ordinal) { ["small"] = 1 });
        await using var small = new Db(engine.Open("small"));
        await using var other = new Db(engine.Open("other"));

        var refused = await small.ReadAsync(
            async _ => await Assert.ThrowsAsync<StorageException>(() => small.CheckAsync(Cancellation)), Cancellation);
        await other.ReadAsync(
            async _ =>
            {
                await other.CheckAsync(Cancellation);
                return true;
            },
            Cancellation);

        Assert.Equal(StorageFault.Unavailable, refused.Fault);
    }

    protected override Task<DatabaseFixture> CreateAsync() => Task.FromResult<DatabaseFixture>(new PostgreSqlFixture());

    protected override StorageException? Translate(Exception exception) => Own.OpenDatabase().Translate(exception);

    private static async Task<StorageException> FaultOfAsync(NpgsqlConnectionStringBuilder settings)
    {
        await using var engine = new PostgreSqlEngine(settings.ToString(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        await using var db = new Db(engine.Open("module"));
        return await Assert.ThrowsAsync<StorageException>(() => db.CheckAsync(Cancellation));
    }

    /// <summary>Lets two go on when both have come; later visitors pass.</summary>
    private sealed class Meeting : IDisposable
    {
        private readonly TaskCompletionSource _both = NewSignal();
        private int _come;

        public void Dispose() => _both.TrySetResult();

        internal Task JoinAsync()
        {
            if (Interlocked.Increment(ref _come) == 2)
            {
                _both.TrySetResult();
            }

            return _both.Task.WithinAMinuteAsync("the other one");
        }
    }
}
