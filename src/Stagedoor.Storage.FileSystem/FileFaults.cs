namespace Stagedoor.Storage.FileSystem;

/// <summary>Says in storage's words what the file system reports.</summary>
internal static class FileFaults
{
    // errno 28 and 122 on Linux, ERROR_DISK_FULL on Windows.
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    internal static StorageException Translate(Exception e, StorageFault otherwise) => new(
        StorageSource.Blobs,
        e.HResult is NoSpace or QuotaExceeded or WindowsDiskFull ? StorageFault.Full : otherwise,
        e.Message,
        e);
}
