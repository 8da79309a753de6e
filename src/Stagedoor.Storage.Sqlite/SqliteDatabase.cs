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

    // One command each: the first gives a row, and behind a statement that gives rows the library passes over what fails.
    private static readonly string[] s_settings =
    [
        "PRAGMA journal_mode = WAL", "PRAGMA foreign_keys = ON", "PRAGMA busy_timeout = 10000",
    ];

    private static readonly TimeSpan s_saidOnce = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_lockRetry = TimeSpan.FromMilliseconds(20);
    private readonly string _path;
    private readonly string _durability;
    private readonly bool _isPartition;
    private readonly Lock _opens = new();
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly SqliteOpening _opening;
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly NestedWrites _nested = new();
    private readonly Channel<SqliteWrite> _waiting = Channel.CreateBounded<SqliteWrite>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    // The fault that was logged last, and how often it came again since. Only the writer's.
    private string? _said;
    private long _saidAt;
    private int _repeated;

    private readonly Task _writer;
    private volatile bool _exists;
    private volatile bool _closed;
    private volatile bool _isGone;
    private bool _isRetired;
    private int _left;

    public SqliteDatabase(string path, ILogger logger)
        : this(path, logger, TimeProvider.System)
    {
    }

    public SqliteDatabase(string path, ILogger logger, TimeProvider clock, Durability durability = Durability.Full, bool isPartition = false)
    {
        (_path, _logger, _clock, _isPartition) = (path, logger, clock, isPartition);
        _durability = durability is Durability.Full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL";
        _opening = SqliteOpening.Enter(path);

        // The writer outlives whoever opens the database, and inherits nothing of theirs.
        using var flow = ExecutionContext.SuppressFlow();
        _writer = Task.Run(WriteLoopAsync);
    }

    /// <summary>It was disposed.</summary>
    internal event EventHandler? Closed;

    public string Engine => "sqlite";

    public string Location => _path;

    public string Now => "stagedoor_now()";

    public Task<bool> ExistsAsync(CancellationToken cancellationToken) => Task.FromResult(new FileInfo(_path) is { Exists: true, Length: > 0 });

    public Task<IReadOnlyList<string>> FindDamageAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            // A connection of its own: it reads for as long as the file is large.
            var connection = Connect();
            try
            {
                using var command = connection.CreateCommand();
                command.CommandText = "PRAGMA quick_check(10)";
                using var found = command.ExecuteReader();
                var damage = new List<string>();
                while (found.Read())
                {
                    if (found.GetString(0) is not "ok" and var text)
                    {
                        damage.Add($"{_path} is damaged: {text.ReplaceLineEndings(" ")}");
                    }
                }

                return (IReadOnlyList<string>)[.. _opening.LogDamage is { } log ? [log] : Enumerable.Empty<string>(), .. damage];
            }
            catch (SqliteException e) when (Translate(e) is { Fault: StorageFault.Corrupt } fault)
            {
                return [fault.Message];
            }
            finally
            {
                SqliteFile.Close(connection);
            }
        },
        cancellationToken);

    public async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        cancellationToken.ThrowIfCancellationRequested();
#pragma warning disable CA2000 // It goes back among the idle ones, or is closed.
        var connection = TakeReader();
#pragma warning restore CA2000
        T answer;
        try
        {
            answer = await work(connection);
        }
        catch
        {
            // After a fault the connection is not trusted again.
            SqliteFile.Close(connection);
            throw;
        }

        Release(connection);
        return answer;
    }

    public async Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        _nested.Refuse();
        var write = new SqliteWrite<T>(work, _nested, cancellationToken);
        await using var registration = cancellationToken.UnsafeRegister(static waiting => ((SqliteWrite)waiting!).CancelWaiting(), write);
        try
        {
            await _waiting.Writer.WriteAsync(write, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            throw NotOpen();
        }

        return await write.Completion;
    }

    public Task BulkInsertAsync(
        DbConnection connection, DbTransaction transaction, BulkTable table, IReadOnlyList<object?[]> rows, CancellationToken cancellationToken) =>
        SqliteBulk.InsertAsync((SqliteConnection)connection, (SqliteTransaction)transaction, table, rows, cancellationToken);

    public async Task<IAsyncDisposable> LockAsync(string name, CancellationToken cancellationToken)
    {
        var file = $"{_path}.{name}.lock";
        while (true)
        {
            if (_isPartition && !File.Exists(_path))
            {
                throw Missing();
            }

            try
            {
                // The file stays: removing it lets one who opened it before and one who makes it anew hold the lock at once.
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
            }
            catch (IOException e) when (SqliteFaults.IsSharingViolation(e))
            {
                await Task.Delay(s_lockRetry, _clock, cancellationToken);
            }
        }
    }

    // One process has the file, and knows what it does.
    public Task NotifyAsync(DbConnection connection, string message, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task ListenAsync(Action listening, Action<string> heard, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(listening);
        listening();
        return Task.Delay(Timeout.InfiniteTimeSpan, _clock, cancellationToken);
    }

    public StorageException? Translate(Exception exception) => SqliteFaults.Translate(exception, _path);

    /// <summary>Ends when everything that was waiting is written.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        _waiting.Writer.TryComplete();
        await _writer;
        CloseReaders();
        if (Interlocked.Exchange(ref _left, 1) == 0)
        {
            _opening.Leave();
            Closed?.Invoke(this, EventArgs.Empty);
        }
    }

    /// <summary>
    /// The partition is about to be dropped: from now on nobody is let in, and when the task completes nobody writes. Who reads still may go on; nobody opens
    /// the file or what belongs to it by its path any more, where there may soon be another.
    /// </summary>
    internal async Task RetireAsync()
    {
        _isGone = _closed = true;
        _waiting.Writer.TryComplete();
        await _writer;

        // Whoever opens the file this moment gets done with it; the lock is not given to another any more.
        lock (_opens)
        {
            _isRetired = true;
        }

        CloseReaders();
    }

    private SqliteConnection TakeReader()
    {
        if (_closed)
        {
            throw NotOpen();
        }

        if (!_readers.TryTake(out var idle))
        {
            return Connect();
        }

        try
        {
            return Usable(idle);
        }
        catch (StorageException)
        {
            Release(idle);
            throw;
        }
    }

    private void Release(SqliteConnection reader)
    {
        if (_readers.Count >= MaxIdleReaders)
        {
            SqliteFile.Close(reader);
            return;
        }

        _readers.Add(reader);
        if (_closed)
        {
            CloseReaders();
        }
    }

    private void CloseReaders()
    {
        while (_readers.TryTake(out var reader))
        {
            SqliteFile.Close(reader);
        }
    }

    // An open file can be written to after it was moved or removed, and what is written then is lost to everyone who comes by its path.
    private SqliteConnection Usable(SqliteConnection connection)
    {
        if (!SqliteFile.HasMoved(connection))
        {
            return connection;
        }

        if (!File.Exists(_path))
        {
            throw Missing();
        }

        // A partition that was dropped and made again is another one.
        if (_isPartition)
        {
            throw Gone();
        }

        SqliteFile.Close(connection);
        return Connect();
    }

    private SqliteConnection Connect()
    {
        if (!_isPartition)
        {
            return ConnectNow();
        }

        lock (_opens)
        {
            if (_isRetired)
            {
                throw Gone();
            }

            return File.Exists(_path) ? ConnectNow() : throw Missing();
        }
    }

    private SqliteConnection ConnectNow()
    {
        var settings = new SqliteConnectionStringBuilder
        {
            DataSource = _path,
            Pooling = false,
            DefaultTimeout = 10,

            // A file that was there and is gone is a fault; an empty one in its place would hide it.
            Mode = _exists || _isPartition ? SqliteOpenMode.ReadWrite : SqliteOpenMode.ReadWriteCreate,
        };
        var connection = new SqliteConnection(settings.ToString());
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            foreach (var setting in s_settings.Append(_durability))
            {
#pragma warning disable CA2100 // The text is a constant.
                command.CommandText = setting;
#pragma warning restore CA2100
                command.ExecuteNonQuery();
            }

            connection.CreateFunction("stagedoor_now", () => _clock.GetUtcNow().ToUnixTimeMilliseconds());
            _exists = true;
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
                if (write.TryStart())
                {
                    batch.Add(write);
                }
            }

#pragma warning disable CA2000 // It is closed below, when the loop ends.
            connection = await WriteAsync(connection, batch);
#pragma warning restore CA2000
        }

        LogQuietly(SayRepeated);
        if (connection is not null)
        {
            CloseQuietly(connection);
        }
    }

    /// <summary>Answers every write of the batch, and hands back the connection for the next one. Never throws: the writer must not end.</summary>
    private async Task<SqliteConnection?> WriteAsync(SqliteConnection? connection, List<SqliteWrite> batch)
    {
        while (batch.Count > 0)
        {
            try
            {
                connection = connection is null ? Connect() : Usable(connection);
                await CommitAsync(connection, batch);
                if (_repeated > 0)
                {
                    LogQuietly(SayRepeated);
                }
            }
            catch (StorageException e)
            {
                // The file is away. The connection is kept for the time it comes back.
                batch.ForEach(write => write.Fail(e));
            }
#pragma warning disable CA1031 // Whatever it was, the callers hear of it, and the writer goes on with a new connection.
            catch (Exception e)
#pragma warning restore CA1031
            {
                batch.ForEach(write => write.Fail(e));
                var count = batch.Count;
                LogQuietly(() => SayFailed(e, count));
                if (connection is not null)
                {
                    CloseQuietly(connection);
                    connection = null;
                }
            }

            batch.RemoveAll(static write => write.IsAnswered);
        }

        return connection;
    }

    /// <summary>Commits the batch. When one write has undone the whole transaction it is answered, and the others are left to run again.</summary>
    private static async Task CommitAsync(SqliteConnection connection, List<SqliteWrite> batch)
    {
        // An immediate transaction: a deferred one may find, half-way, that it cannot write.
        var transaction = (SqliteTransaction)await connection.BeginTransactionAsync();
        try
        {
            await CommitAsync(connection, transaction, batch);
        }
        catch
        {
            EndQuietly(connection, transaction);
            throw;
        }

        await transaction.DisposeAsync();
    }

    // What led here is the fault to report. SQLite has rolled back by itself on a full disk or a broken file, and refuses to do it twice; the
    // transaction insists, and would not let the connection be closed: so it gets an empty one to roll back.
    private static void EndQuietly(SqliteConnection connection, SqliteTransaction transaction)
    {
        try
        {
            if (connection.Handle is { } handle && SQLitePCL.raw.sqlite3_get_autocommit(handle) != 0)
            {
                _ = SQLitePCL.raw.sqlite3_exec(handle, "BEGIN");
            }

            transaction.Dispose();
        }
#pragma warning disable CA1031 // The connection is closed next, whatever this says.
        catch (Exception)
#pragma warning restore CA1031
        {
            return;
        }
    }

    private static async Task CommitAsync(SqliteConnection connection, SqliteTransaction transaction, List<SqliteWrite> batch)
    {
        foreach (var write in batch)
        {
            await transaction.SaveAsync("one");
            try
            {
                await write.RunAsync(connection, transaction);
                await transaction.ReleaseAsync("one");
            }
#pragma warning disable CA1031 // It belongs to the caller of this one write; the others of the batch go on.
            catch (Exception e)
#pragma warning restore CA1031
            {
                write.Fail(e);

                // A full disk, a broken file or ROLLBACK in a trigger ends the transaction, not only the savepoint.
                if (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) != 0)
                {
                    return;
                }

                await transaction.RollbackAsync("one");
                await transaction.ReleaseAsync("one");
            }
        }

        await transaction.CommitAsync();
        batch.ForEach(static write => write.Complete());
    }

    private StorageException NotOpen() => _isGone ? Gone() : new(StorageSource.Database, StorageFault.Unavailable, $"{_path} is closed.");

    // A folder that is gone as well was not dropped: something is not mounted.
    private StorageException Missing() => _isPartition && Directory.Exists(Path.GetDirectoryName(_path))
        ? Gone()
        : new(StorageSource.Database, StorageFault.Unavailable, $"{_path} is not there any more.");

    private StorageException Gone() => new(StorageSource.Database, StorageFault.Gone, $"{_path} was dropped, or was never made.");

    // A disk that is full fails every commit alike, many times a second.
    private void SayFailed(Exception fault, int count)
    {
        if (string.Equals(_said, fault.Message, StringComparison.Ordinal) && _clock.GetElapsedTime(_saidAt) < s_saidOnce)
        {
            _repeated++;
            return;
        }

        SayRepeated();
        (_said, _saidAt) = (fault.Message, _clock.GetTimestamp());
        LogBatchFailed(fault, _path, count);
    }

    private void SayRepeated()
    {
        if (_repeated > 0)
        {
            var (fault, repeated) = (_said!, _repeated);
            _repeated = 0;
            LogRepeated(_path, repeated, fault);
        }
    }

    private static void LogQuietly(Action log)
    {
        try
        {
            log();
        }
#pragma warning disable CA1031 // A log that fails must not end the writer.
        catch (Exception)
#pragma warning restore CA1031
        {
            return;
        }
    }

    private void CloseQuietly(SqliteConnection connection)
    {
        try
        {
            SqliteFile.Close(connection);
        }
#pragma warning disable CA1031 // Neither must a connection that cannot even be closed.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogQuietly(() => LogNotClosed(e, _path));
        }
    }

    [LoggerMessage(LogLevel.Error, "{Path}: a commit of {Count} writes failed")]
    private partial void LogBatchFailed(Exception exception, string path, int count);

    [LoggerMessage(LogLevel.Error, "{Path}: {Count} more commits failed in the same way: {Fault}")]
    private partial void LogRepeated(string path, int count, string fault);

    [LoggerMessage(LogLevel.Warning, "{Path}: a connection could not be closed")]
    private partial void LogNotClosed(Exception exception, string path);
}
