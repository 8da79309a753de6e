using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Stagedoor.Storage.FileSystem;

/// <summary>
/// Keeps a staged file for one holder, also where two processes share the folder. On Linux that is a lock of the open file (F_OFD_SETLK): unlike
/// the one that .NET takes, it is not in the way of those who pull the content once it is published. Windows refuses a second writer by itself.
/// </summary>
internal static partial class UploadLock
{
    private const int SetOpenFileLock = 37;
    private const short Exclusive = 1;
    private const int TryAgain = 11;
    private const int AccessDenied = 13;

    /// <summary>What others may do with the file meanwhile.</summary>
    internal static FileShare Share => OperatingSystem.IsWindows() ? FileShare.Read | FileShare.Delete : FileShare.ReadWrite | FileShare.Delete;

    /// <summary>Takes it; false when another holds it. It is given back when the file is closed, by the end of a process too.</summary>
    internal static bool TryTake(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }

        var whole = new Range { Type = Exclusive };
        // A file system without locks is shared by nobody: what this process does is kept apart by the store itself.
        return FileControl(file, SetOpenFileLock, ref whole) == 0 || Marshal.GetLastPInvokeError() is not (TryAgain or AccessDenied);
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FileControl(SafeFileHandle file, int command, ref Range range);

    // struct flock; a length of 0 is everything.
    [StructLayout(LayoutKind.Sequential)]
    private struct Range
    {
        internal short Type;
        internal short Whence;
        internal long Start;
        internal long Length;
        internal int Process;
    }
}
