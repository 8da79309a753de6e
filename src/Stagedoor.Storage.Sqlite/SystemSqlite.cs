using System.Reflection;
using System.Runtime.InteropServices;

namespace Stagedoor.Storage.Sqlite;

/// <summary>Loads the operating system's SQLite, so that the distribution patches it.</summary>
internal static partial class SystemSqlite
{
    private const string Library = "e_sqlite3";
    private const int HasMovedControl = 20;
    private static readonly Version s_oldest = new(3, 35);
    private static readonly Lazy<Version> s_loaded = new(Load);

    /// <summary>Loads it once.</summary>
    /// <exception cref="StorageException">It is not installed, or too old.</exception>
    internal static Version Require() => s_loaded.Value;

    /// <summary>
    /// Whether the path names another file by now, or none. SQLite would go on in the file that has lost its name, and what it acknowledges
    /// would be lost with it.
    /// </summary>
    internal static bool HasMoved(SQLitePCL.sqlite3 connection)
    {
        var outcome = FileControl(connection, "main", HasMovedControl, out var moved);
        return outcome == SQLitePCL.raw.SQLITE_OK && moved != 0;
    }

    private static Version Load()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLitePCL.SQLite3Provider_e_sqlite3).Assembly, Resolve);
        NativeLibrary.SetDllImportResolver(typeof(SystemSqlite).Assembly, Resolve);
        try
        {
            SQLitePCL.raw.SetProvider(new SQLitePCL.SQLite3Provider_e_sqlite3());
            var version = Version.Parse(SQLitePCL.raw.sqlite3_libversion().utf8_to_string());
            return version >= s_oldest
                ? version
                : throw new StorageException(
                    StorageSource.Database,
                    StorageFault.Unavailable,
                    $"The system's SQLite is {version}; at least {s_oldest} is needed. Update the package.");
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException)
        {
            throw new StorageException(
                StorageSource.Database,
                StorageFault.Unavailable,
                $"The system's SQLite library ({FileName()}) is not installed. On Debian and Ubuntu the package is libsqlite3-0.",
                e);
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name is Library && NativeLibrary.TryLoad(FileName(), assembly, null, out var handle) ? handle : 0;

    private static string FileName() =>
        OperatingSystem.IsWindows() ? "winsqlite3.dll" : OperatingSystem.IsMacOS() ? "libsqlite3.dylib" : "libsqlite3.so.0";

    [LibraryImport(Library, EntryPoint = "sqlite3_file_control", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FileControl(SQLitePCL.sqlite3 connection, string database, int operation, out int answer);
}
