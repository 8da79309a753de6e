using System.Reflection;
using System.Runtime.InteropServices;

namespace Stagedoor.Storage.Sqlite;

/// <summary>Loads the operating system's SQLite, so that the distribution patches it.</summary>
internal static class SystemSqlite
{
    /// <summary>The name that the bindings ask for.</summary>
    internal const string Library = "e_sqlite3";

    private static readonly Version s_oldest = new(3, 35);
    private static readonly Lazy<Version> s_loaded = new(Load);

    /// <summary>Loads it once.</summary>
    /// <exception cref="StorageException">It is not installed, or too old.</exception>
    internal static Version Require() => s_loaded.Value;

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
                    StorageSource.Database, StorageFault.Unavailable, $"The system's SQLite is {version}; at least {s_oldest} is needed. Update the package.");
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException)
        {
            throw new StorageException(
                StorageSource.Database, StorageFault.Unavailable, "The system's SQLite library is not installed (Debian: libsqlite3-0).", e);
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name is not Library)
        {
            return 0;
        }

        var system = OperatingSystem.IsWindows() ? "winsqlite3.dll" : OperatingSystem.IsMacOS() ? "libsqlite3.dylib" : "libsqlite3.so.0";
        return NativeLibrary.TryLoad(system, assembly, null, out var handle) ? handle : 0;
    }
}
