using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Stagedoor.Storage.Sqlite;

/// <summary>
/// One SQLite file. Reads run side by side on pooled connections (WAL), which are handed out by <see cref="SqliteConnections"/>; writes go through the one
/// <see cref="SqliteWriter"/>.
/// </summary>
public sealed class SqliteDatabase : IDatabase
{
    private static readonly TimeSpan s_lockRetry = TimeSpan.FromMilliseconds(20);
    private readonly string _path;
    private readonly bool _isPartition;
    private readonly TimeProvider _clock;
    private readonly SqliteOpening _opening;
    private readonly SqliteConnections _connections;
    private readonly SqliteWriter _writer;
    private int _left;

    public SqliteDatabase(string path, ILogger logger)
        : this(path, logger, TimeProvider.System)
    {
    }

    public SqliteDatabase(string path, ILogger logger, TimeProvider clock, Durability durability = Durability.Full, bool isPartition = false)
    {
        (_path, _clock, _isPartition) = (path, clock, isPartition);

        // Before anything opens the file.
        _opening = SqliteOpening.Enter(path);
        _connections = new(path, durability, isPartition, clock);
        _writer = new(_connections, path, logger, clock);
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
            var connection = _connections.Connect();
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
        var connection = _connections.TakeReader();
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

        _connections.Release(connection);
        return answer;
    }

    public Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken) =>
        _writer.WriteAsync(work, cancellationToken);

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
                throw _connections.Missing();
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
        _connections.Close(isGone: false);
        await _writer.CloseAsync();
        _connections.CloseReaders();
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
        _connections.Close(isGone: true);
        await _writer.CloseAsync();
        _connections.Retire();
    }
}
