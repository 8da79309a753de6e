using System.Runtime.InteropServices;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Drivers.GitOps;

/// <summary>Files of the disk.</summary>
internal sealed partial class GitOpsDisk : IGitOpsFiles
{
    private const int AtWorkingDirectory = -100;
    private const uint Exchange = 2;

    public IDisposable? TryLock(string path)
    {
        try
        {
            return File.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException) && !Directory.Exists(path))
        {
            return null;
        }
    }

    public bool HasFolder(string path) => Directory.Exists(path);

    public bool HasFile(string path) => File.Exists(path);

    public bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;

    public void CreateFolder(string path) => Directory.CreateDirectory(path);

    public void Write(string path, ReadOnlySpan<byte> bytes)
    {
        using var handle = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None);
        RandomAccess.Write(handle, bytes, 0);
        RandomAccess.FlushToDisk(handle);
    }

    public byte[] Read(string path) => File.ReadAllBytes(path);

    public IReadOnlyList<string> ListFolders(string path) =>
        [.. new DirectoryInfo(path).EnumerateDirectories().Where(static d => d.LinkTarget is null).Select(static d => d.Name).Order(StringComparer.Ordinal)];

    public void MoveFolder(string path, string newPath) => Directory.Move(path, newPath);

    public bool TryExchange(string one, string other)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            return Rename(AtWorkingDirectory, one, AtWorkingDirectory, other, Exchange) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            // An old or small C library: two renames do as well.
            return false;
        }
    }

    public void DeleteFolder(string path) => Directory.Delete(path, recursive: true);

    public void SyncFolder(string path) => DirectorySync.Sync(path);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Rename(int folder, string path, int newFolder, string newPath, uint flags);
}
