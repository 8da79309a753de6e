using System.Data.Common;
using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Stagedoor.Http;
using Stagedoor.Operations;
using Stagedoor.Serve;
using Stagedoor.Storage;
using Stagedoor.Storage.FileSystem;
using Stagedoor.Storage.PostgreSql;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Operations;

/// <summary>What is lost is told by the next call of <c>/readyz</c>, and within four seconds when it does not answer.</summary>
public sealed class ReadinessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("gateway.db")]
    [InlineData("images.db")]
    [InlineData("discovery.db")]
    public async Task A_database_that_is_gone_is_told_by_the_next_call(string file)
    {
        await using var app = await StagedoorApp.StartAsync();
        Assert.Equal(HttpStatusCode.OK, await AskAsync(app));
        var path = Path.Combine(app.DataDirectory, file);
        File.Move(path, path + ".away");

        using (var response = await app.Anonymous.GetAsync("/readyz", Cancellation))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.Contains(file, await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }

        File.Move(path + ".away", path);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(app));
    }

    [Fact]
    public async Task A_write_that_failed_is_told_until_one_succeeds()
    {
        var databases = new Databases();
        var health = new DatabaseHealth();
        await using var engine = new WatchedEngine(databases, health);
        await using var readiness = Readiness(engine, health);
        await using var db = new Db(engine.Open("gateway"));
        databases.WriteFault = new(StorageSource.Database, StorageFault.Full, "the disk is full");
        Assert.Empty(await readiness.ProblemsAsync(Cancellation));

        await Assert.ThrowsAsync<StorageException>(() => db.ExecuteAsync("x", null, Cancellation));

        Assert.Contains("the disk is full", Assert.Single(await readiness.ProblemsAsync(Cancellation)), StringComparison.Ordinal);
        Assert.Single(await readiness.ProblemsAsync(Cancellation));
        databases.WriteFault = null;
        Assert.Empty(await readiness.ProblemsAsync(Cancellation));
    }

    [Fact]
    public async Task A_statement_that_was_refused_says_nothing_about_the_database()
    {
        var databases = new Databases { WriteFault = new(StorageSource.Database, StorageFault.Failed, "a constraint") };
        var health = new DatabaseHealth();
        await using var engine = new WatchedEngine(databases, health);
        await using var readiness = Readiness(engine, health);
        await using var db = new Db(engine.Open("gateway"));

        await Assert.ThrowsAsync<StorageException>(() => db.ExecuteAsync("x", null, Cancellation));

        Assert.Empty(await readiness.ProblemsAsync(Cancellation));
    }

    [Fact]
    public async Task A_write_that_others_kept_waiting_is_told_until_one_of_the_module_succeeds()
    {
        var databases = new Databases { WriteFault = new(StorageSource.Database, StorageFault.Busy, "the row is held") };
        using var clock = new RunningClock();
        var health = new DatabaseHealth(clock);
        await using var engine = new WatchedEngine(databases, health);
        await using var readiness = Readiness(engine, health);
        await using var db = new Db(engine.Open("gateway"));
        await Assert.ThrowsAsync<StorageException>(() => db.ExecuteAsync("x", null, Cancellation));

        // A table of its own could be written all the time, and says nothing about the row.
        databases.WriteFault = null;
        for (var i = 0; i < 2; i++)
        {
            Assert.Contains("the row is held", Assert.Single(await readiness.ProblemsAsync(Cancellation)), StringComparison.Ordinal);
        }

        await db.TransactAsync(static _ => Task.FromResult(0), Cancellation);
        Assert.Empty(await readiness.ProblemsAsync(Cancellation));
    }

    [Fact]
    public async Task A_write_that_others_kept_waiting_is_forgotten_when_nobody_tries_any_more()
    {
        var databases = new Databases { WriteFault = new(StorageSource.Database, StorageFault.Busy, "the row is held") };
        using var clock = new RunningClock();
        var health = new DatabaseHealth(clock);
        await using var engine = new WatchedEngine(databases, health);
        await using var readiness = Readiness(engine, health);
        await using var db = new Db(engine.Open("gateway"));
        await Assert.ThrowsAsync<StorageException>(() => db.ExecuteAsync("x", null, Cancellation));

        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Single(await readiness.ProblemsAsync(Cancellation));
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Empty(await readiness.ProblemsAsync(Cancellation));
    }

    [Fact]
    public async Task A_database_that_does_not_answer_is_told_after_three_seconds()
    {
        var databases = new Databases { IsSilent = true };
        var health = new DatabaseHealth();
        await using var engine = new WatchedEngine(databases, health);
        await using var readiness = Readiness(engine, health);
        var since = Stopwatch.GetTimestamp();

        var problem = Assert.Single(await readiness.ProblemsAsync(Cancellation));

        Assert.Contains("no answer within 3 s", problem, StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(since).TotalSeconds, 2.5, 30);
    }

    [Fact]
    public async Task A_check_that_hears_of_no_cancellation_is_given_up_and_not_begun_twice()
    {
        var databases = new Databases { IsSilent = true, IsDeaf = true };
        var health = new DatabaseHealth();
        await using var engine = new WatchedEngine(databases, health);
        await using var readiness = Readiness(engine, health);

        for (var i = 0; i < 2; i++)
        {
            var since = Stopwatch.GetTimestamp();
            var problem = Assert.Single(await readiness.ProblemsAsync(Cancellation));
            Assert.Contains("no answer within 3 s", problem, StringComparison.Ordinal);
            Assert.InRange(Stopwatch.GetElapsedTime(since).TotalSeconds, 0, 10);
        }

        Assert.Equal(2, databases.Reads);
        databases.Answer();
        await Eventually.TrueAsync("it is ready again", TimeSpan.FromSeconds(30), async () => (await readiness.ProblemsAsync(Cancellation)).Count == 0);
    }

    [Fact]
    public async Task Many_who_ask_at_once_make_no_more_checks_than_one()
    {
        var databases = new Databases { IsSilent = true };
        var health = new DatabaseHealth();
        await using var engine = new WatchedEngine(databases, health);
        await using var readiness = Readiness(engine, health);

        var first = readiness.ProblemsAsync(Cancellation);
        await Eventually.TrueAsync("both databases are looked at", TimeSpan.FromSeconds(20), () => databases.Reads == 2);
        var others = Enumerable.Range(0, 20).Select(_ => readiness.ProblemsAsync(Cancellation)).ToList();
        databases.Answer();

        Assert.All(await Task.WhenAll([first, .. others]), Assert.Empty);
        Assert.Equal(2, databases.Reads);
        Assert.Empty(await readiness.ProblemsAsync(Cancellation));
        Assert.Equal(4, databases.Reads);
    }

    [Fact]
    public async Task A_server_behind_a_link_that_carries_nothing_is_told_within_four_seconds_each_time()
    {
        await using var database = await OwnDatabase.CreateAsync();
        var server = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        await using var link = new FaultyLink(server.Host!, server.Port);
        (server.Host, server.Port) = ("127.0.0.1", link.Port);
        var health = new DatabaseHealth();
        await using var engine = new WatchedEngine(new PostgreSqlEngine(server.ToString(), NullLogger.Instance), health);
        await using var readiness = Readiness(engine, health);
        Assert.Empty(await readiness.ProblemsAsync(Cancellation));

        link.Silence();
        for (var i = 0; i < 2; i++)
        {
            var since = Stopwatch.GetTimestamp();
            Assert.NotEmpty(await readiness.ProblemsAsync(Cancellation));
            Assert.InRange(Stopwatch.GetElapsedTime(since).TotalSeconds, 0, 4);
        }

        link.Mend();
        await Eventually.TrueAsync("it is ready again", TimeSpan.FromSeconds(60), async () => (await readiness.ProblemsAsync(Cancellation)).Count == 0);
    }

    private static async Task<HttpStatusCode> AskAsync(StagedoorApp app)
    {
        using var response = await app.Anonymous.GetAsync("/readyz", Cancellation);
        return response.StatusCode;
    }

    private Readiness Readiness(IDatabaseEngine engine, DatabaseHealth health) => new(
        engine,
        health,
        new FileBlobStore(_folder.Path),
        [],
        new ModuleSet(Modules.All, new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal) { ["Modules"] = "images" }).Build()),
        TimeProvider.System);

    /// <summary>Databases without content that fail as they are told to.</summary>
    private sealed class Databases : IDatabaseEngine, IDatabase
    {
        internal StorageException? WriteFault { get; set; }

        private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _reads;

        internal bool IsSilent { get; init; }

        /// <summary>Whether it hears of no cancellation either.</summary>
        internal bool IsDeaf { get; init; }

        internal int Reads => Volatile.Read(ref _reads);

        internal void Answer() => _answer.TrySetResult();

        public string Engine => "none";

        public string Location => "nowhere";

        public string Now => "0";

        public IPartitionEngine Partitions => throw new NotSupportedException();

        public IDatabase Open(string moduleName, Durability durability = Durability.Full) => this;

        public Task<bool> ExistsAsync(CancellationToken cancellationToken) => Task.FromResult(true);

        public Task<IReadOnlyList<string>> FindDamageAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

        public async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _reads);
            if (IsSilent)
            {
                await _answer.Task.WaitAsync(IsDeaf ? CancellationToken.None : cancellationToken);
            }

            return default!;
        }

        public Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken) =>
            WriteFault is { } fault ? Task.FromException<T>(fault) : Task.FromResult<T>(default!);

        public Task BulkInsertAsync(
            DbConnection connection, DbTransaction transaction, BulkTable table, IReadOnlyList<object?[]> rows, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IAsyncDisposable> LockAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task NotifyAsync(DbConnection connection, string message, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task ListenAsync(Action listening, Action<string> heard, CancellationToken cancellationToken) => throw new NotSupportedException();

        public StorageException? Translate(Exception exception) => exception as StorageException;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
