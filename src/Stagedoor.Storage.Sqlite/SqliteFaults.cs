using Microsoft.Data.Sqlite;

namespace Stagedoor.Storage.Sqlite;

/// <summary>Says in our words what SQLite reports in its own.</summary>
internal static class SqliteFaults
{
    private const int Permission = 3;
    private const int Busy = 5;
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int Protocol = 15;
    private const int NotADatabase = 26;

    internal static StorageException? Translate(Exception exception, string path) => exception is SqliteException sqlite
        ? new(StorageSource.Database, Fault(sqlite.SqliteErrorCode), $"{path}: {sqlite.Message}", sqlite)
        : null;

    /// <summary>Whether the fault may be the connection's own, so that a new one might do better.</summary>
    internal static bool SpoilsConnection(Exception exception) =>
        exception is SqliteException sqlite && Fault(sqlite.SqliteErrorCode) is not StorageFault.Failed;

    private static StorageFault Fault(int code) => code switch
    {
        Full => StorageFault.Full,
        Corrupt or NotADatabase => StorageFault.Corrupt,
        Permission or Busy or ReadOnly or InputOutput or CannotOpen or Protocol => StorageFault.Unavailable,
        _ => StorageFault.Failed,
    };
}
