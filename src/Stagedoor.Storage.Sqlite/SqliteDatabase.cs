using System.Data.Common;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Stagedoor.Storage.Sqlite;

/// <summary>
/// One SQLite file. Reads run side by side on pooled connections (WAL). Writes go through one writer, which commits everything that is
/// waiting in one transaction, each in a savepoint of its own: one fsync serves many callers.
/// </summary>
public sealed class SqliteDatabase : IDatabase
{
    private readonly SqliteFile _file;
    private readonly SqliteReaders _readers;
    private readonly SqliteWriter _writer;

    /// <summary>Names the file; nothing is opened yet.</summary>
    /// <exception cref="StorageException">The operating system has no SQLite, or one that is too old.</exception>
    public SqliteDatabase(string path, ILogger? logger = null)
    {
        SystemSqlite.Require();
        _file = new(path);
        _readers = new(_file);
        _writer = new(_file, logger ?? NullLogger.Instance);
    }

    public string Engine => "sqlite";

    public string Location => _file.Path;

    public async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var connection = _readers.Take();
        var spoiled = false;
        try
        {
            return await work(connection);
        }
        catch (Exception e) when (SqliteFaults.SpoilsConnection(e))
        {
            spoiled = true;
            throw;
        }
        finally
        {
            _readers.Return(connection, spoiled);
        }
    }

    public Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken) =>
        _writer.WriteAsync(work, cancellationToken);

    public async Task<IAsyncDisposable> LockAsync(string name, CancellationToken cancellationToken) =>
        await LockFile.TakeAsync(Path.ChangeExtension(Location, $"{name}.lock"), cancellationToken);

    public StorageException? Translate(Exception exception) => SqliteFaults.Translate(exception, Location);

    public async ValueTask DisposeAsync()
    {
        // The writer last: the last connection to close folds the log into the file.
        _readers.Dispose();
        await _writer.DisposeAsync();
    }
}
