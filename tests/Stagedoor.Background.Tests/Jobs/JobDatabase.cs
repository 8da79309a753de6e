using System.Data.Common;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Stagedoor.Storage;
using Stagedoor.Storage.PostgreSql;
using Stagedoor.Storage.Sqlite;
using Xunit;

namespace Stagedoor.Background.Tests.Jobs;

/// <summary>A place for jobs of a test's own, whose time the test moves.</summary>
internal abstract class JobDatabase : IAsyncDisposable
{
    internal abstract IDatabaseEngine Engine { get; }

    internal abstract string ModuleName { get; }

    internal abstract TimeProvider Clock { get; }

    internal abstract Task PassAsync(Db db, TimeSpan time);

    public abstract ValueTask DisposeAsync();

    internal sealed class Sqlite : JobDatabase
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("stagedoor-test-").FullName;

        internal Sqlite() => Engine = new SqliteEngine(_folder, NullLogger.Instance, Time);

        internal FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 27, 12, 0, 0, TimeSpan.Zero));

        internal override IDatabaseEngine Engine { get; }

        internal override string ModuleName => "jobs";

        internal override TimeProvider Clock => Time;

        internal override Task PassAsync(Db db, TimeSpan time)
        {
            Time.Advance(time);
            return Task.CompletedTask;
        }

        public override ValueTask DisposeAsync()
        {
            Directory.Delete(_folder, recursive: true);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>The server's clock is nobody's to move: the jobs are made older instead.</summary>
    internal sealed class PostgreSql : JobDatabase
    {
        private readonly string _server;
        private readonly PostgreSqlEngine _engine;

        internal PostgreSql()
        {
            var server = Environment.GetEnvironmentVariable("STAGEDOOR_POSTGRESQL");
            Assert.SkipWhen(string.IsNullOrEmpty(server), "Set STAGEDOOR_POSTGRESQL to what 'eng/postgres.sh start' prints.");
            (_server, _engine) = (server!, new(server!, NullLogger.Instance));
        }

        internal override IDatabaseEngine Engine => _engine;

        internal override string ModuleName { get; } = $"jobs_{Guid.NewGuid():N}";

        internal override TimeProvider Clock => TimeProvider.System;

        /// <summary>The engine of a replica whose clock is another.</summary>
        internal PostgreSqlEngine OpenEngine(TimeProvider clock) => new(_server, NullLogger.Instance, clock: clock);

        internal override Task PassAsync(Db db, TimeSpan time) => db.ExecuteAsync(
            "UPDATE job SET next_at = next_at - @by, created_at = created_at - @by, finished_at = finished_at - @by, cancel_requested_at = cancel_requested_at - @by",
            new { by = (long)time.TotalMilliseconds },
            TestContext.Current.CancellationToken);

        public override async ValueTask DisposeAsync()
        {
            await _engine.DisposeAsync();
            await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_server) { Pooling = false });
            await using var command = source.CreateCommand($"DROP SCHEMA IF EXISTS \"{ModuleName}\" CASCADE");
            await command.ExecuteNonQueryAsync();
        }
    }
}

/// <summary>A database whose transactions stop before their commit, or fail, when a test says so.</summary>
internal sealed class GatedDatabase(IDatabase inner) : IDatabase
{
    private TaskCompletionSource? _reached;
    private TaskCompletionSource? _released;

    internal bool IsDead
    {
        get => Fault is not null;
        set => Fault = value ? new StorageException(StorageSource.Database, StorageFault.Unavailable, "dead") : null;
    }

    /// <summary>What every transaction fails with; null for none.</summary>
    internal Exception? Fault { get; set; }

    public string Engine => inner.Engine;

    public string Location => inner.Location;

    public string Now => inner.Now;

    /// <summary>The next transaction will stop; answers when it has.</summary>
    internal Task HoldNext()
    {
        _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return (_reached = new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    internal void Release() => _released!.TrySetResult();

    public Task<bool> ExistsAsync(CancellationToken cancellationToken) => inner.ExistsAsync(cancellationToken);

    public Task<IReadOnlyList<string>> FindDamageAsync(CancellationToken cancellationToken) => inner.FindDamageAsync(cancellationToken);

    public Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken) => inner.ReadAsync(work, cancellationToken);

    public Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken) => Fault is { } fault
        ? throw fault
        : inner.WriteAsync(
            async (connection, transaction) =>
            {
                var answer = await work(connection, transaction);
                if (Interlocked.Exchange(ref _reached, null) is { } reached)
                {
                    reached.SetResult();
                    await _released!.Task;
                }

                return answer;
            },
            cancellationToken);

    public Task BulkInsertAsync(
        DbConnection connection, DbTransaction transaction, BulkTable table, IReadOnlyList<object?[]> rows, CancellationToken cancellationToken) =>
        inner.BulkInsertAsync(connection, transaction, table, rows, cancellationToken);

    public Task<IAsyncDisposable> LockAsync(string name, CancellationToken cancellationToken) => inner.LockAsync(name, cancellationToken);

    public Task NotifyAsync(DbConnection connection, string message, CancellationToken cancellationToken) =>
        inner.NotifyAsync(connection, message, cancellationToken);

    public Task ListenAsync(Action listening, Action<string> heard, CancellationToken cancellationToken) =>
        inner.ListenAsync(listening, heard, cancellationToken);

    public StorageException? Translate(Exception exception) => exception as StorageException ?? inner.Translate(exception);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
