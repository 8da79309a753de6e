using Microsoft.Win32.SafeHandles;
using Stagedoor.Storage;

namespace Stagedoor.Tracing.Store;

/// <summary>The files of a store. What the file system reports is an <see cref="IOException"/>.</summary>
internal interface IStoreFiles
{
    /// <summary>Opens a file to read and write; makes it when it is not there. Another process that tries is refused.</summary>
    IStoreFile Open(string path);

    IReadOnlyList<string> List(string folder, string pattern);

    void Move(string path, string newPath);

    void Delete(string path);

    /// <summary>Makes durable which files a folder has.</summary>
    void SyncFolder(string folder);
}

/// <summary>An open file. Any number of threads may read while one writes.</summary>
internal interface IStoreFile : IDisposable
{
    long Length { get; }

    /// <summary>Reads as much as there is.</summary>
    int Read(Span<byte> into, long offset);

    void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts, long offset);

    void SetLength(long length);

    /// <summary>Ends when what was written is durable.</summary>
    void Flush();
}

/// <summary>Files of the disk.</summary>
internal sealed class DiskFiles : IStoreFiles
{
    // The file closes the handle.
#pragma warning disable CA2000
    public IStoreFile Open(string path) =>
        new DiskFile(File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete));
#pragma warning restore CA2000

    public IReadOnlyList<string> List(string folder, string pattern) => Directory.GetFiles(folder, pattern);

    public void Move(string path, string newPath) => File.Move(path, newPath, overwrite: true);

    public void Delete(string path) => File.Delete(path);

    public void SyncFolder(string folder) => DirectorySync.Sync(folder);

    private sealed class DiskFile(SafeFileHandle handle) : IStoreFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public int Read(Span<byte> into, long offset)
        {
            var read = 0;
            while (read < into.Length && RandomAccess.Read(handle, into[read..], offset + read) is > 0 and var more)
            {
                read += more;
            }

            return read;
        }

        public void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts, long offset) => RandomAccess.Write(handle, parts, offset);

        public void SetLength(long length) => RandomAccess.SetLength(handle, length);

        public void Flush() => RandomAccess.FlushToDisk(handle);

        public void Dispose() => handle.Dispose();
    }
}

internal static class StoreFileExtensions
{
    public static void Write(this IStoreFile file, ReadOnlyMemory<byte> bytes, long offset) => file.Write([bytes], offset);

    /// <summary>Reads exactly as much as is wanted.</summary>
    /// <exception cref="InvalidDataException">The file ends before.</exception>
    public static void ReadExactly(this IStoreFile file, Span<byte> into, long offset)
    {
        if (file.Read(into, offset) != into.Length)
        {
            throw new InvalidDataException("A file is shorter than it was.");
        }
    }
}
