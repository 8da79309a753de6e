using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Stagedoor.Storage.Sqlite;

/// <summary>What SQLite knows about the file behind a connection.</summary>
internal static partial class SqliteFile
{
    private const int PersistWal = 10;
    private const int HasMovedQuestion = 20;

    /// <summary>True when the path no longer leads to the file that the connection has open: it was moved, removed or replaced.</summary>
    internal static bool HasMoved(SqliteConnection connection)
    {
        var moved = 0;
        // Where the question is not known (Windows, where an open file cannot be moved) the answer stays 0.
        _ = Control(connection.Handle!.DangerousGetHandle(), null, HasMovedQuestion, ref moved);
        return moved != 0;
    }

    /// <summary>Closes without touching what others have put at the path meanwhile.</summary>
    internal static void Close(SqliteConnection connection)
    {
        try
        {
            if (connection.Handle is not null && HasMoved(connection))
            {
                // The last connection removes the `-wal` beside its path when it closes; that one may belong to another file by now.
                var persist = 1;
                _ = Control(connection.Handle.DangerousGetHandle(), null, PersistWal, ref persist);
            }
        }
        finally
        {
            connection.Dispose();
        }
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_file_control", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Control(nint database, string? schema, int operation, ref int argument);
}
