using System.Data.Common;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Stagedoor.Storage.Sqlite;

/// <summary>
/// The one writer of a file: takes everything that waits, runs each in its own savepoint, commits once, then tells every caller. It outlives
/// every fault; after one it goes on with a new connection.
/// </summary>
internal sealed partial class SqliteWriter(SqliteFile file, ILogger logger) : IAsyncDisposable
{
    private const int MaxBatch = 256;
    private const int MaxWaiting = 4_096;
    private const string Savepoint = "one";
    private readonly Channel<PendingWrite> _waiting = Channel.CreateBounded<PendingWrite>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AsyncLocal<Running?> _running = new();
    private int _started;
    private SqliteConnection? _connection;

    internal async Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        if (_running.Value is { Ended: false })
        {
            throw new InvalidOperationException("A write inside a write would wait for itself: use the session of the outer one.");
        }

        EnsureStarted();
        var write = new PendingWrite<T>(
            async (connection, transaction) =>
            {
                // Marks whatever the work starts, also what it does not await, for as long as the work lasts.
                var running = new Running();
                _running.Value = running;
                try
                {
                    return await work(connection, transaction);
                }
                finally
                {
                    running.Ended = true;
                }
            },
            cancellationToken);
        try
        {
            await _waiting.Writer.WriteAsync(write, cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw new ObjectDisposedException($"{file.Path} is closed.", e);
        }

        return await write.Completion;
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        if (Interlocked.Exchange(ref _started, 1) == 0)
        {
            _ended.TrySetResult();
        }

        await _ended.Task;
    }

    private void EnsureStarted()
    {
        if (Volatile.Read(ref _started) == 0 && Interlocked.Exchange(ref _started, 1) == 0)
        {
            new Thread(Loop) { IsBackground = true, Name = $"writer of {Path.GetFileName(file.Path)}" }.UnsafeStart();
        }
    }

    // A thread of its own: SQLite has no asynchronous calls, and an fsync would hold one of the few threads that serve requests.
#pragma warning disable VSTHRD002 // It is nobody's continuation, so waiting here cannot wait for itself.
    private void Loop()
    {
        var batch = new List<PendingWrite>(MaxBatch);
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (batch.Count < MaxBatch && _waiting.Reader.TryRead(out var write))
            {
                if (write.TryStart())
                {
                    batch.Add(write);
                }
            }

            while (batch.Count > 0)
            {
                Commit(batch);
            }
        }

        Disconnect();
        _ended.TrySetResult();
    }
#pragma warning restore VSTHRD002

    // Settles all of the batch, or at least one and leaves those that have to run again.
#pragma warning disable CA1031 // Whatever it was, the callers hear of it, and the writer goes on.
    private void Commit(List<PendingWrite> batch)
    {
        try
        {
            var connection = Connect();
            using (var transaction = connection.BeginTransaction(deferred: false))
            {
                if (!TryRunAll(batch, connection, transaction))
                {
                    return;
                }

                transaction.Commit();
            }

            if (SystemSqlite.HasMoved(connection.Handle!))
            {
                throw new StorageException(StorageSource.Database, StorageFault.Unavailable, $"{file.Path} was moved while it was written to.");
            }
        }
        catch (Exception e)
        {
            LogCommitFailed(e, file.Path, batch.Count);
            Disconnect();
            batch.ForEach(write => write.Fail(e));
            batch.Clear();
            return;
        }

        batch.ForEach(static write => write.Complete());
        batch.Clear();
    }
#pragma warning restore CA1031

    // False when a fault undid the whole transaction and not only its own savepoint: the others of the batch run again without it.
    private bool TryRunAll(List<PendingWrite> batch, SqliteConnection connection, SqliteTransaction transaction)
    {
        for (var i = 0; i < batch.Count;)
        {
            var write = batch[i];
            transaction.Save(Savepoint);
            if (Run(write, connection, transaction) is not { } fault)
            {
                transaction.Release(Savepoint);
                i++;
                continue;
            }

            batch.RemoveAt(i);
            var undone = SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle!) != 0;
            if (!undone)
            {
                transaction.Rollback(Savepoint);
                transaction.Release(Savepoint);
            }

            write.Fail(fault);
            if (undone || SqliteFaults.SpoilsConnection(fault))
            {
                Disconnect();
                return false;
            }
        }

        return true;
    }

#pragma warning disable VSTHRD002 // On the writer's own thread; a task that SQLite answers is complete already.
    private static Exception? Run(PendingWrite write, SqliteConnection connection, SqliteTransaction transaction)
    {
        var running = write.RunAsync(connection, transaction);
        ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        return running.IsCanceled ? new TaskCanceledException(running) : running.Exception?.InnerException;
    }
#pragma warning restore VSTHRD002

    private SqliteConnection Connect()
    {
        if (_connection is not null && SystemSqlite.HasMoved(_connection.Handle!))
        {
            Disconnect();
        }

        return _connection ??= file.Open(writable: true);
    }

    private void Disconnect()
    {
        _connection?.Dispose();
        _connection = null;
    }

    [LoggerMessage(LogLevel.Error, "{Path}: a commit of {Count} writes failed")]
    private partial void LogCommitFailed(Exception exception, string path, int count);

    private sealed class Running
    {
        internal volatile bool Ended;
    }
}
