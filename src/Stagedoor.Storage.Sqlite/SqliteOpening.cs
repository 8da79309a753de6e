namespace Stagedoor.Storage.Sqlite;

/// <summary>
/// The time in which this process has a database file open. Before it begins the log of the process before is looked at: once SQLite has opened the file
/// it cannot be told any more what of the log was not applied.
/// </summary>
internal sealed class SqliteOpening
{
    private static readonly Dictionary<string, SqliteOpening> s_open = new(StringComparer.Ordinal);
    private static readonly Lock s_gate = new();
    private readonly string _path;
    private int _users;

    private SqliteOpening(string path)
    {
        _path = path;
        try
        {
            LogDamage = WriteAheadLog.FindDamage(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whoever opens the database hears of it.
        }
    }

    /// <summary>What of the log was not applied when the file was opened; null when all was.</summary>
    internal string? LogDamage { get; }

    internal static SqliteOpening Enter(string path)
    {
        lock (s_gate)
        {
            if (!s_open.TryGetValue(path, out var opening))
            {
                s_open.Add(path, opening = new(path));
            }

            opening._users++;
            return opening;
        }
    }

    internal void Leave()
    {
        lock (s_gate)
        {
            if (--_users == 0)
            {
                s_open.Remove(_path);
            }
        }
    }
}
