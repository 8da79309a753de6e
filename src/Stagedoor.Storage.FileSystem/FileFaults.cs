namespace Stagedoor.Storage.FileSystem;

/// <summary>Says in storage's words what the file system reports.</summary>
internal static class FileFaults
{
    // An IOException's HResult is the errno on Unix: ENOSPC is 28 everywhere, EDQUOT 122 on Linux. On Windows it is ERROR_DISK_FULL.
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Whether it is the file system's.</summary>
    internal static bool Are(Exception e) => e is IOException or UnauthorizedAccessException;

    internal static StorageException Translate(Exception e, StorageFault otherwise) => new(
        StorageSource.Blobs,
        e.HResult is NoSpace or QuotaExceeded or WindowsDiskFull ? StorageFault.Full : otherwise,
        e.Message,
        e);
}
