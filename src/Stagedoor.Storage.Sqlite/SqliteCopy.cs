using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Stagedoor.Storage.Sqlite;

/// <summary>Copies of database files, each as it was at one moment, while another process writes to them. What is copied is not changed.</summary>
public static class SqliteCopy
{
    private const int NoCheckpointOnClose = 1006;

    /// <summary>What a copy's name ends with as long as SQLite writes to it.</summary>
    private const string Journal = "-journal";

    /// <summary>
    /// Copies the database with everything that was acknowledged until now. The copy is one file, to which no log belongs, and is on the disk afterwards.
    /// </summary>
    /// <param name="source">The database; whoever has it open goes on, writing too.</param>
    /// <param name="target">The new file.</param>
    /// <exception cref="StorageException">The database cannot be read, or the copy not be written.</exception>
    public static void Make(string source, string target)
    {
        try
        {
            using var from = Open(source, SqliteOpenMode.ReadWrite);

            // Who closes a database last applies its log and removes it. The next start is to find the log of a crash as the crash has left it, and look at it.
            _ = SQLitePCL.raw.sqlite3_db_config(from.Handle, NoCheckpointOnClose, 1, out _);
            using var to = Open(target, SqliteOpenMode.ReadWriteCreate);

            // In one step, and so in one transaction: in several it would begin anew with every write of the other process.
            from.BackupDatabase(to);
            using var single = to.CreateCommand();
            single.CommandText = "PRAGMA journal_mode = DELETE";
            single.ExecuteNonQuery();
        }
        catch (SqliteException e)
        {
            throw SqliteFaults.Translate(e, $"{source}, copied to {target}")!;
        }
    }

    /// <summary>What is damaged in a copy, a sentence each; reads all of it.</summary>
    public static IReadOnlyList<string> FindDamage(string copy)
    {
        try
        {
            using var connection = Open(copy, SqliteOpenMode.ReadOnly);
            using var check = connection.CreateCommand();
            check.CommandText = "PRAGMA quick_check(10)";
            using var found = check.ExecuteReader();
            var damage = new List<string>();
            while (found.Read())
            {
                if (found.GetString(0) is not "ok" and var text)
                {
                    damage.Add(text.ReplaceLineEndings(" "));
                }
            }

            return damage;
        }
        catch (SqliteException e) when (SqliteFaults.Translate(e, copy) is { Fault: StorageFault.Corrupt } fault)
        {
            return [fault.Message];
        }
    }

    /// <summary>What the last process has left in the database's log that will not be applied; only for a database that nobody has open.</summary>
    public static string? FindLogDamage(string database) => WriteAheadLog.FindDamage(database);

    /// <summary>Reads from a copy, without changing it or making anything beside it.</summary>
    /// <exception cref="StorageException">It cannot be read.</exception>
    public static async Task<T> ReadAsync<T>(string copy, Func<DbConnection, Task<T>> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        try
        {
            await using var connection = Open(copy, SqliteOpenMode.ReadOnly);
            return await work(connection);
        }
        catch (SqliteException e)
        {
            throw SqliteFaults.Translate(e, copy)!;
        }
    }

    /// <summary>Removes a copy that was not finished.</summary>
    public static void Remove(string copy)
    {
        File.Delete(copy + Journal);
        File.Delete(copy);
    }

    private static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 10 }.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
