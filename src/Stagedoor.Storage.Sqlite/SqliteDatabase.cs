using System.Collections.Concurrent;
using System.Data.Common;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Stagedoor.Storage.Sqlite;

/// <summary>
/// One SQLite file. Reads run side by side on pooled connections (WAL). Writes go through one writer, which commits everything that is
/// waiting in one transaction, each in a savepoint of its own: one fsync serves many callers.
/// </summary>
public sealed partial class SqliteDatabase : IDatabase
{
    private const int MaxBatch = 256;
    private const int MaxWaiting = 4_096;
    private const int MaxIdleReaders = 16;
    private static readonly TimeSpan s_lockRetry = TimeSpan.FromMilliseconds(20);
    private readonly string _path;
    private readonly string _connectionString;
    private readonly ILogger _logger;
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly AsyncLocal<bool> _writing = new();
    private readonly Channel<SqliteWrite> _waiting = Channel.CreateBounded<SqliteWrite>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private readonly Task _writer;

    public SqliteDatabase(string path, ILogger logger)
    {
        SystemSqlite.Require();
        (_path, _logger) = (path, logger);
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 10 }.ToString();
        _writer = Task.Run(WriteLoopAsync);
    }

    public string Engine => "sqlite";

    public string Location => _path;

    public async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        cancellationToken.ThrowIfCancellationRequested();
        var connection = _readers.TryTake(out var idle) ? idle : Connect();
        try
        {
            var answer = await work(connection);
            if (_readers.Count < MaxIdleReaders)
            {
                _readers.Add(connection);
                connection = null;
            }

            return answer;
        }
        finally
        {
            // After a fault the connection is not trusted again: its file may have been replaced.
            connection?.Dispose();
        }
    }

    public async Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        if (_writing.Value)
        {
            throw new InvalidOperationException("A write inside a write would wait for itself: use the session of the outer one.");
        }

        var write = new SqliteWrite<T>(work, cancellationToken);
        await _waiting.Writer.WriteAsync(write, cancellationToken);
        return await write.Completion;
    }

    public async Task<IAsyncDisposable> LockAsync(string name, CancellationToken cancellationToken)
    {
        var file = $"{_path}.{name}.lock";
        while (true)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            catch (IOException) when (File.Exists(file))
            {
                await Task.Delay(s_lockRetry, cancellationToken);
            }
        }
    }

    public StorageException? Translate(Exception exception) => SqliteFaults.Translate(exception, _path);

    public async ValueTask DisposeAsync()
    {
        if (_waiting.Writer.TryComplete())
        {
            await _writer;
            while (_readers.TryTake(out var reader))
            {
                await reader.DisposeAsync();
            }
        }
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000;";
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private async Task WriteLoopAsync()
    {
        SqliteConnection? connection = null;
        var batch = new List<SqliteWrite>(MaxBatch);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _waiting.Reader.TryRead(out var write))
            {
                if (write.CancellationToken.IsCancellationRequested)
                {
                    write.Cancel();
                }
                else
                {
                    batch.Add(write);
                }
            }

            if (batch.Count == 0)
            {
                continue;
            }

            try
            {
                connection ??= Connect();
                await CommitAsync(connection, batch);
            }
#pragma warning disable CA1031 // Whatever it was, the callers hear of it, and the writer goes on with a new connection.
            catch (Exception e)
#pragma warning restore CA1031
            {
                LogBatchFailed(e, _path, batch.Count);
                batch.ForEach(write => write.Fail(e));
                connection?.Dispose();
                connection = null;
            }
        }

        connection?.Dispose();
    }

    private async Task CommitAsync(SqliteConnection connection, List<SqliteWrite> batch)
    {
        // An immediate transaction: a deferred one may find, half-way, that it cannot write.
        await using var transaction = (SqliteTransaction)await connection.BeginTransactionAsync();
        var done = new List<SqliteWrite>(batch.Count);
        _writing.Value = true;
        foreach (var write in batch)
        {
            await transaction.SaveAsync("one");
            try
            {
                await write.RunAsync(connection, transaction);
                await transaction.ReleaseAsync("one");
                done.Add(write);
            }
#pragma warning disable CA1031 // It belongs to the caller of this one write; the others of the batch go on.
            catch (Exception e)
#pragma warning restore CA1031
            {
                // A full disk or a broken file has rolled everything back already; then this throws and the whole batch fails.
                await transaction.RollbackAsync("one");
                await transaction.ReleaseAsync("one");
                write.Fail(e);
            }
        }

        await transaction.CommitAsync();
        done.ForEach(static write => write.Complete());
    }

    [LoggerMessage(LogLevel.Error, "{Path}: a commit of {Count} writes failed")]
    private partial void LogBatchFailed(Exception exception, string path, int count);
}
