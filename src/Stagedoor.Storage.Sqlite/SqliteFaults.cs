using System.Text;
using Microsoft.Data.Sqlite;

namespace Stagedoor.Storage.Sqlite;

/// <summary>Says in our words what SQLite reports in its own.</summary>
internal static class SqliteFaults
{
    private const int Permission = 3;
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int TooBig = 18;
    private const int NotADatabase = 26;

    // errno on Unix; the lock files meet it, SQLite itself says Full.
    private const int NoSpace = 28;

    internal static StorageException? Translate(Exception exception, string path) => exception switch
    {
        SqliteException sqlite => new(StorageSource.Database, Fault(sqlite.SqliteErrorCode), $"{path}: {sqlite.Message}", sqlite),
        IOException { HResult: NoSpace } => new(StorageSource.Database, StorageFault.Full, $"{path}: {exception.Message}", exception),
        IOException or UnauthorizedAccessException => new(StorageSource.Database, StorageFault.Unavailable, $"{path}: {exception.Message}", exception),
        EncoderFallbackException or OverflowException => new(StorageSource.Database, StorageFault.Refused, $"{path}: {exception.Message}", exception),
        _ => null,
    };

    /// <summary>True when another process or instance has the file open for itself.</summary>
    internal static bool IsSharingViolation(IOException exception) =>
        exception.HResult == (OperatingSystem.IsWindows() ? unchecked((int)0x80070020) : OperatingSystem.IsMacOS() ? 35 : 11);

    private static StorageFault Fault(int code) => code switch
    {
        Full => StorageFault.Full,
        TooBig => StorageFault.Refused,
        Corrupt or NotADatabase => StorageFault.Corrupt,
        InputOutput => StorageFault.InputOutput,
        Permission or ReadOnly or CannotOpen => StorageFault.Unavailable,
        _ => StorageFault.Failed,
    };
}
