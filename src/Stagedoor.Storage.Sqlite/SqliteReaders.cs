using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Stagedoor.Storage.Sqlite;

/// <summary>Connections for reading, kept between reads.</summary>
internal sealed class SqliteReaders(SqliteFile file) : IDisposable
{
    private const int MaxIdle = 16;
    private readonly ConcurrentBag<SqliteConnection> _idle = [];
    private volatile bool _disposed;

    internal SqliteConnection Take()
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(SqliteDatabase));
        while (_idle.TryTake(out var connection))
        {
            if (!SystemSqlite.HasMoved(connection.Handle!))
            {
                return connection;
            }

            connection.Dispose();
        }

        return file.Open(writable: false);
    }

    internal void Return(SqliteConnection connection, bool spoiled)
    {
        if (spoiled || _disposed || _idle.Count >= MaxIdle)
        {
            connection.Dispose();
            return;
        }

        _idle.Add(connection);
        if (_disposed)
        {
            Drain();
        }
    }

    public void Dispose()
    {
        _disposed = true;
        Drain();
    }

    private void Drain()
    {
        while (_idle.TryTake(out var connection))
        {
            connection.Dispose();
        }
    }
}
