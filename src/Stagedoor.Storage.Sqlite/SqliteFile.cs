using Microsoft.Data.Sqlite;

namespace Stagedoor.Storage.Sqlite;

/// <summary>A database file, and the connections to it.</summary>
internal sealed class SqliteFile(string path)
{
    // How long a statement waits for another process that writes.
    private const int BusySeconds = 10;

    private const string Setup = """
        PRAGMA busy_timeout = 10000;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA foreign_keys = ON;
        PRAGMA journal_size_limit = 67108864;
        """;

    private readonly Lock _opening = new();
    private bool _found;

    internal string Path { get; } = path;

    /// <summary>Opens a connection, and the first time makes the file.</summary>
    /// <exception cref="SqliteException">The file cannot be opened or is none of SQLite's.</exception>
    internal SqliteConnection Open(bool writable)
    {
        SystemSqlite.Require();
        // One at a time: two first connections would both want to switch a new file to its write-ahead log.
        lock (_opening)
        {
            var connection = new SqliteConnection(ConnectionString());
            try
            {
                connection.Open();
                Prepare(connection, writable);
                _found = true;
                return connection;
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        }
    }

    // A file that was there and is gone is a fault: an empty one in its place would look like data loss, and be in the way of restoring it.
    private string ConnectionString()
    {
        if (!_found)
        {
            MakeFolder();
        }

        return new SqliteConnectionStringBuilder
        {
            DataSource = Path,
            Mode = _found ? SqliteOpenMode.ReadWrite : SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = BusySeconds,
        }.ToString();
    }

    private void MakeFolder()
    {
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(StorageSource.Database, StorageFault.Unavailable, $"{Path}: {e.Message}", e);
        }
    }

    private static void Prepare(SqliteConnection connection, bool writable)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Setup;
        command.ExecuteNonQuery();
        if (!writable)
        {
            command.CommandText = "PRAGMA query_only = ON";
            command.ExecuteNonQuery();
        }
    }
}
