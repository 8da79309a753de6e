using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Stagedoor.Testing;

/// <summary>Breaks a running installation's tables from outside, as a bad disk or a careless operator would. Disposing the result mends it.</summary>
public sealed class Sabotage
{
    private readonly Func<DbConnection> _connect;
    private readonly string _opening;
    private readonly bool _isSqlite;

    /// <summary>On SQLite.</summary>
    /// <param name="file">The module's database file.</param>
    public Sabotage(string file)
    {
        // What is done to one table stays there, as with a tool that knows nothing of how tables hang together.
        _connect = () => new SqliteConnection($"Data Source={file};Pooling=False;Foreign Keys=False");
        _opening = "PRAGMA busy_timeout = 5000";
        _isSqlite = true;
    }

    /// <summary>On PostgreSQL.</summary>
    /// <param name="connectionString">The installation's database.</param>
    /// <param name="module">The module, whose tables are in a schema of that name.</param>
    public Sabotage(string connectionString, string module)
    {
        _connect = () => new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ToString());
        _opening = $"SET search_path TO {module}";
    }

    /// <summary>Statements on the table fail: it is gone.</summary>
    public IDisposable Unreadable(string table)
    {
        Rename(table, $"{table}_hidden");
        return new Undo(() => Rename($"{table}_hidden", table));
    }

    public IDisposable RefuseInsert(string table) => Refuse("INSERT", table);

    public IDisposable RefuseUpdate(string table) => Refuse("UPDATE", table);

    public IDisposable RefuseDelete(string table) => Refuse("DELETE", table);

    /// <summary>One of these, by the name of the statement that fails; the whole table without one.</summary>
    public IDisposable Break(string operation, string table) => operation is "" ? Unreadable(table) : Refuse(operation, table);

    /// <summary>Changes stored rows behind the server's back.</summary>
    public void Execute(string sql)
    {
        using var connection = Open();
        Run(connection, sql);
    }

    /// <summary>How many rows the table has.</summary>
    public long Count(string table)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT COUNT(*) FROM {table}";
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    /// <summary>All rows of these tables, to be compared with what they are later.</summary>
    public IReadOnlyList<string> Rows(params IEnumerable<string> tables)
    {
        ArgumentNullException.ThrowIfNull(tables);
        using var connection = Open();
        var rows = new List<string>();
        foreach (var table in tables)
        {
            using var command = connection.CreateCommand();
            command.CommandText = $"SELECT * FROM {table}";
            using var reader = command.ExecuteReader();
            var values = new object[reader.FieldCount];
            var first = rows.Count;
            while (reader.Read())
            {
                reader.GetValues(values);
                rows.Add($"{table}: {string.Join(" | ", values.Select(static v => v is byte[] bytes ? Convert.ToHexStringLower(bytes) : Convert.ToString(v, CultureInfo.InvariantCulture)))}");
            }

            rows.Sort(first, rows.Count - first, StringComparer.Ordinal);
        }

        return rows;
    }

    private static void Run(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private DbConnection Open()
    {
        var connection = _connect();
        connection.Open();
        // A statement at a time: behind one that gives rows, as this one does on SQLite, its library passes over what fails.
        Run(connection, _opening);
        return connection;
    }

    private void Rename(string table, string name) => Execute($"{(_isSqlite ? "PRAGMA legacy_alter_table = ON; " : "")}ALTER TABLE {table} RENAME TO {name}");

    private Undo Refuse(string operation, string table)
    {
        var trigger = $"sabotage_{table}_{operation}".ToLowerInvariant();
        if (_isSqlite)
        {
            Execute($"CREATE TRIGGER {trigger} BEFORE {operation} ON {table} BEGIN SELECT RAISE(ABORT, 'the disk under this table is gone'); END");
            return new(() => Execute($"DROP TRIGGER {trigger}"));
        }

        Execute(
            $"""
            CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''the disk under this table is gone''; END';
            CREATE TRIGGER {trigger} BEFORE {operation} ON {table} FOR EACH ROW EXECUTE FUNCTION {trigger}()
            """);
        return new(() => Execute($"DROP FUNCTION {trigger}() CASCADE"));
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
