using System.Data;
using System.Data.Common;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Stagedoor.Storage.PostgreSql;

/// <summary>One module's schema. Reads and writes run side by side, each on a pooled connection.</summary>
internal sealed partial class PostgreSqlDatabase(PostgreSqlSchema schema, ILogger logger, TimeProvider clock) : IDatabase
{
    private const int MaxRuns = 6;
    private readonly NestedWrites _nested = new();
    private volatile bool _closed;

    public string Engine => "postgresql";

    public string Location => schema.Location;

    public string Now => "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

    // The server has checksums, logs and tools of its own.
    public Task<IReadOnlyList<string>> FindDamageAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

    public async Task<bool> ExistsAsync(CancellationToken cancellationToken)
    {
        RefuseClosed();
        return await schema.ExistsAsync(cancellationToken);
    }

    public Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return schema.IsPartition ? ToldGoneAsync(RunReadAsync(work, cancellationToken)) : RunReadAsync(work, cancellationToken);
    }

    public Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return schema.IsPartition ? ToldGoneAsync(RunWriteAsync(work, cancellationToken)) : RunWriteAsync(work, cancellationToken);
    }

    public Task BulkInsertAsync(
        DbConnection connection, DbTransaction transaction, BulkTable table, IReadOnlyList<object?[]> rows, CancellationToken cancellationToken) =>
        PostgreSqlBulk.InsertAsync((NpgsqlConnection)connection, table, rows, cancellationToken);

    public async Task<IAsyncDisposable> LockAsync(string name, CancellationToken cancellationToken)
    {
        RefuseClosed();
        return await schema.LockAsync(name, cancellationToken);
    }

    public async Task NotifyAsync(DbConnection connection, string message, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_notify($1, $2)", (NpgsqlConnection)connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = schema.Channel });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = message });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task ListenAsync(Action listening, Action<string> heard, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(listening);
        RefuseClosed();
        await schema.ListenAsync(listening, heard, cancellationToken);
    }

    public StorageException? Translate(Exception exception) => PostgreSqlFaults.Translate(exception, Location);

    public ValueTask DisposeAsync()
    {
        _closed = true;
        return ValueTask.CompletedTask;
    }

    private async Task<T> RunReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        for (var run = 1; ; run++)
        {
            await using var connection = await OpenAsync(cancellationToken);
            try
            {
                return await work(connection);
            }
            catch (Exception e) when (run == 1 && IsDeadConnection(e, connection, cancellationToken))
            {
                LogConnectionLost(e, Location);
                schema.Clear();
            }
            catch (Exception) when (IsBroken(connection))
            {
                // The others that wait in the pool may be as dead, and each would be waited for in vain.
                schema.Clear();
                throw;
            }
        }
    }

    private async Task<T> RunWriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        _nested.Refuse();
        var revived = false;
        for (var run = 1; ; run++)
        {
            // Until the commit is sent nothing has happened, and everything may be done again.
            var committing = false;
            await using var connection = await OpenAsync(cancellationToken);
            try
            {
                await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
                var answer = await _nested.RunAsync(() => work(connection, transaction));
                cancellationToken.ThrowIfCancellationRequested();
                committing = true;
                await CommitAsync(connection, transaction);
                return answer;
            }
            catch (Exception e) when (run < MaxRuns && PostgreSqlFaults.IsConflict(e))
            {
                LogConflict(e, Location, run);
            }
            catch (Exception e) when (!revived && !committing && IsDeadConnection(e, connection, cancellationToken))
            {
                revived = true;
                LogConnectionLost(e, Location);
                schema.Clear();
                continue;
            }
            catch (Exception) when (IsBroken(connection))
            {
                schema.Clear();
                throw;
            }

            // Apart from each other, or they meet again.
            await Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(1, 10 << run)), clock, cancellationToken);
        }
    }

    // Dropped beside the work: its tables are not there, or half of them were not. What the server said of that is one of many things.
    private async Task<T> ToldGoneAsync<T>(Task<T> work)
    {
        try
        {
            return await work;
        }
        catch (PostgresException e)
        {
            if (!await schema.ExistsAsync(CancellationToken.None))
            {
                throw schema.Gone(e);
            }

            throw;
        }
    }

    /// <summary>
    /// Commits, unless a statement failed before. A commit after that is a rollback for the server, and no fault for the driver: work that has
    /// swallowed the failure would be told that its changes are kept. So the commit goes behind a statement that fails then, in one message.
    /// </summary>
    private static async Task CommitAsync(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        await using var batch = new NpgsqlBatch(connection, transaction) { BatchCommands = { new("SELECT 1"), new("COMMIT") } };
        await batch.ExecuteNonQueryAsync(CancellationToken.None);
    }

    // After a restart of the server the pool hands out connections that do not know yet that they are dead.
    private static bool IsDeadConnection(Exception exception, NpgsqlConnection connection, CancellationToken cancellationToken) =>
        exception is NpgsqlException { InnerException: not TimeoutException }
        && IsBroken(connection)
        && !cancellationToken.IsCancellationRequested;

    private static bool IsBroken(NpgsqlConnection connection) => connection.FullState.HasFlag(ConnectionState.Broken);

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        RefuseClosed();
        try
        {
            return await schema.OpenAsync(cancellationToken);
        }
        catch (ObjectDisposedException e)
        {
            throw Closed(e);
        }
    }

    private void RefuseClosed()
    {
        if (_closed)
        {
            throw Closed(null);
        }
    }

    private StorageException Closed(Exception? inner) =>
        new(StorageSource.Database, StorageFault.Unavailable, $"{Location} is closed.", inner);

    [LoggerMessage(LogLevel.Debug, "{Location}: a transaction made way for another (run {Run}); it runs again")]
    private partial void LogConflict(Exception exception, string location, int run);

    [LoggerMessage(LogLevel.Warning, "{Location}: a connection was lost; trying a new one")]
    private partial void LogConnectionLost(Exception exception, string location);
}
