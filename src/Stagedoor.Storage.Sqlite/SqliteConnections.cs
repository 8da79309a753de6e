using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Stagedoor.Storage.Sqlite;

/// <summary>
/// The connections to one file: how they are opened, which of them are idle, and whether they still lead to what is at the path. Called by any number of
/// threads at once; a connection that was handed out is touched by nobody else. A file that is dropped is raced by those who are just opening it: after
/// <see cref="Retire"/> nobody opens it any more.
/// </summary>
internal sealed class SqliteConnections(string path, Durability durability, bool isPartition, TimeProvider clock)
{
    private const int MaxIdleReaders = 16;

    // One command each: the first gives a row, and behind a statement that gives rows the library passes over what fails.
    private readonly string[] _settings =
    [
        "PRAGMA journal_mode = WAL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA busy_timeout = 10000",
        durability is Durability.Full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
    ];

    private readonly Lock _opens = new();
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private volatile bool _exists;
    private volatile bool _isClosed;
    private volatile bool _isGone;
    private bool _isRetired;

    /// <summary>From now on nobody reads who does not yet.</summary>
    /// <param name="isGone">The file is about to be dropped.</param>
    internal void Close(bool isGone)
    {
        // In this order: who finds it closed says why. It may be retired and disposed at once, and stays gone.
        if (isGone)
        {
            _isGone = true;
        }

        _isClosed = true;
    }

    /// <summary>Waits for whoever opens the file this moment; the lock is not given to another any more.</summary>
    internal void Retire()
    {
        lock (_opens)
        {
            _isRetired = true;
        }

        CloseReaders();
    }

    /// <summary>A connection to read on, of the caller's alone until <see cref="Release"/>. Any number of callers may ask at once.</summary>
    /// <exception cref="StorageException">The database is closed, or its file is not where it was.</exception>
    internal SqliteConnection TakeReader()
    {
        if (_isClosed)
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

    /// <summary>Puts a connection back among the idle ones. One that has seen a fault is closed instead, by whoever has it.</summary>
    internal void Release(SqliteConnection reader)
    {
        if (_readers.Count >= MaxIdleReaders)
        {
            SqliteFile.Close(reader);
            return;
        }

        _readers.Add(reader);

        // It was closed meanwhile, and who did may have looked before this one was put back.
        if (_isClosed)
        {
            CloseReaders();
        }
    }

    /// <summary>Closes the idle ones. Those that are read on close when they are put back.</summary>
    internal void CloseReaders()
    {
        while (_readers.TryTake(out var reader))
        {
            SqliteFile.Close(reader);
        }
    }

    /// <summary>
    /// The connection, or another in its place: an open file can be written to after it was moved or removed, and what is written then is lost to
    /// everyone who comes by its path.
    /// </summary>
    /// <exception cref="StorageException">The file is not where it was. The connection is still the caller's, for the time it comes back.</exception>
    internal SqliteConnection Usable(SqliteConnection connection)
    {
        if (!SqliteFile.HasMoved(connection))
        {
            return connection;
        }

        if (!File.Exists(path))
        {
            throw Missing();
        }

        // A partition that was dropped and made again is another one.
        if (isPartition)
        {
            throw Gone();
        }

        SqliteFile.Close(connection);
        return Connect();
    }

    /// <summary>A new connection, of the caller's alone.</summary>
    /// <exception cref="StorageException">The partition was dropped, or its file is not there.</exception>
    internal SqliteConnection Connect()
    {
        if (!isPartition)
        {
            return ConnectNow();
        }

        lock (_opens)
        {
            if (_isRetired)
            {
                throw Gone();
            }

            return File.Exists(path) ? ConnectNow() : throw Missing();
        }
    }

    private SqliteConnection ConnectNow()
    {
        var settings = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Pooling = false,
            DefaultTimeout = 10,

            // A file that was there and is gone is a fault; an empty one in its place would hide it.
            Mode = _exists || isPartition ? SqliteOpenMode.ReadWrite : SqliteOpenMode.ReadWriteCreate,
        };
        var connection = new SqliteConnection(settings.ToString());
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            foreach (var setting in _settings)
            {
#pragma warning disable CA2100 // The text is a constant.
                command.CommandText = setting;
#pragma warning restore CA2100
                command.ExecuteNonQuery();
            }

            connection.CreateFunction("stagedoor_now", () => clock.GetUtcNow().ToUnixTimeMilliseconds());
            _exists = true;
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Says that it is closed, and why.</summary>
    internal StorageException NotOpen() => _isGone ? Gone() : new(StorageSource.Database, StorageFault.Unavailable, $"{path} is closed.");

    /// <summary>Says that the file is not there. A folder that is gone as well was not dropped: something is not mounted.</summary>
    internal StorageException Missing() => isPartition && Directory.Exists(Path.GetDirectoryName(path))
        ? Gone()
        : new(StorageSource.Database, StorageFault.Unavailable, $"{path} is not there any more.");

    private StorageException Gone() => new(StorageSource.Database, StorageFault.Gone, $"{path} was dropped, or was never made.");
}
