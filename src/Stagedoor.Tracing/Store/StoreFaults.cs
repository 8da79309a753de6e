using Stagedoor.Storage;

namespace Stagedoor.Tracing.Store;

/// <summary>Says in storage's words what the file system reports.</summary>
internal static class StoreFaults
{
    // An IOException's HResult is the errno on Unix: ENOSPC is 28 everywhere, EDQUOT 122 on Linux. On Windows it is ERROR_DISK_FULL.
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Whether it is the file system's.</summary>
    public static bool Are(Exception e) => e is IOException or UnauthorizedAccessException;

    public static bool IsFull(Exception e) => e.HResult is NoSpace or QuotaExceeded or WindowsDiskFull;

    public static StorageException Translate(Exception e) =>
        new(StorageSource.Database, IsFull(e) ? StorageFault.Full : StorageFault.InputOutput, e.Message, e);

    public static StorageException Closed() => new(StorageSource.Database, StorageFault.Unavailable, "The store of spans is closed.");

    public static StorageException Damaged(string what) => new(StorageSource.Database, StorageFault.Corrupt, what);
}
