using System.Data.Common;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Stagedoor.Storage.Sqlite;

/// <summary>
/// The one who writes to a file. It commits everything that is waiting in one transaction, each write in a savepoint of its own: one fsync serves many
/// callers. Any number of callers hand writes in at once, and may give them up until their turn comes; all else happens in the one loop, which owns the
/// connection and never ends while the database is open.
/// </summary>
internal sealed partial class SqliteWriter
{
    private const int MaxBatch = 256;
    private const int MaxWaiting = 4_096;
    private static readonly TimeSpan s_saidOnce = TimeSpan.FromSeconds(10);
    private readonly SqliteConnections _connections;
    private readonly string _path;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly NestedWrites _nested = new();
    private readonly Channel<SqliteWrite> _waiting = Channel.CreateBounded<SqliteWrite>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private readonly Task _loop;

    // The fault that was logged last, and how often it came again since. Only the loop's.
    private string? _said;
    private long _saidAt;
    private int _repeated;

    internal SqliteWriter(SqliteConnections connections, string path, ILogger logger, TimeProvider clock)
    {
        (_connections, _path, _logger, _clock) = (connections, path, logger, clock);

        // The loop outlives whoever opens the database, and inherits nothing of theirs.
        using var flow = ExecutionContext.SuppressFlow();
        _loop = Task.Run(WriteLoopAsync);
    }

    /// <summary>Hands a write in, and waits until it is committed.</summary>
    /// <exception cref="StorageException">The database is closed.</exception>
    internal async Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken)
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
            throw _connections.NotOpen();
        }

        return await write.Completion;
    }

    /// <summary>Lets nobody hand anything in any more, and ends when everything that was waiting is written.</summary>
    internal Task CloseAsync()
    {
        _waiting.Writer.TryComplete();
        return _loop;
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
                connection = connection is null ? _connections.Connect() : _connections.Usable(connection);
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
