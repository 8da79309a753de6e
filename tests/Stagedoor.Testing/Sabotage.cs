using Microsoft.Data.Sqlite;

namespace Stagedoor.Testing;

/// <summary>Breaks a running installation's SQLite file from outside, as a bad disk or a careless operator would. Disposing the result mends it.</summary>
/// <param name="file">The module's database file.</param>
public sealed class Sabotage(string file)
{
    /// <summary>Statements on the table fail: it is gone.</summary>
    public IDisposable Unreadable(string table)
    {
        Execute($"PRAGMA legacy_alter_table = ON; ALTER TABLE {table} RENAME TO {table}_hidden");
        return new Undo(() => Execute($"PRAGMA legacy_alter_table = ON; ALTER TABLE {table}_hidden RENAME TO {table}"));
    }

    public IDisposable RefuseInsert(string table) => Refuse("INSERT", table);

    public IDisposable RefuseUpdate(string table) => Refuse("UPDATE", table);

    public IDisposable RefuseDelete(string table) => Refuse("DELETE", table);

    /// <summary>Changes stored rows behind the server's back.</summary>
    public void Execute(string sql)
    {
        // What is done to one table stays there, as with a tool that knows nothing of how tables hang together.
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False;Foreign Keys=False");
        connection.Open();
        using var command = connection.CreateCommand();
        // A statement at a time: behind one that gives rows, as this one does, the library passes over what fails.
        command.CommandText = "PRAGMA busy_timeout = 5000";
        command.ExecuteNonQuery();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>How many rows the table has.</summary>
    public long Count(string table)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False;Mode=ReadOnly");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT COUNT(*) FROM {table}";
        return (long)command.ExecuteScalar()!;
    }

    private Undo Refuse(string operation, string table)
    {
        var trigger = $"sabotage_{table}_{operation}";
        Execute($"CREATE TRIGGER {trigger} BEFORE {operation} ON {table} BEGIN SELECT RAISE(ABORT, 'the disk under this table is gone'); END");
        return new(() => Execute($"DROP TRIGGER {trigger}"));
    }

    private sealed class Undo(Action mend) : IDisposable
    {
        private bool _done;

        public void Dispose()
        {
            if (!_done)
            {
                _done = true;
                mend();
            }
        }
    }
}
