namespace Stagedoor.Storage.Sqlite;

/// <summary>A lock between processes: a file that one of them holds open for itself alone.</summary>
internal static class LockFile
{
    // A file lock has no queue that could wake the next holder.
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(20);

    internal static async Task<IAsyncDisposable> TakeAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                // The file stays when the lock is let go: removing it would let one waiter lock the old file and one a new file.
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
            }
            catch (IOException e) when (IsHeld(e))
            {
                await Task.Delay(s_retry, cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new StorageException(StorageSource.Database, StorageFault.Unavailable, $"{path}: {e.Message}", e);
            }
        }
    }

    // EWOULDBLOCK of flock on Linux and on macOS, ERROR_SHARING_VIOLATION on Windows.
    private static bool IsHeld(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);
}
