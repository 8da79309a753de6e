using Microsoft.Win32.SafeHandles;

namespace Stagedoor.Storage.FileSystem;

/// <summary>An upload as a growing file.</summary>
internal sealed class FileBlobUpload : IBlobUpload
{
    private readonly FileBlobStore _store;
    private readonly string _path;
    private readonly SafeFileHandle _file;

    internal FileBlobUpload(FileBlobStore store, string id, string path, FileMode mode)
    {
        (_store, Id, _path) = (store, id, path);
        _file = File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        Length = RandomAccess.GetLength(_file);
    }

    public string Id { get; }

    public long Length { get; private set; }

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await RandomAccess.WriteAsync(_file, bytes, Length, cancellationToken);
            Length += bytes.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileFaults.Translate(e, StorageFault.Failed);
        }
    }

    // Written bytes are the operating system's: they survive this process, though not a power cut, which an open upload need not.
    public Task SaveAsync(CancellationToken cancellationToken) => FileBlobStore.GuardAsync(() =>
    {
        Verify();
        return true;
    });

    public Task<Stream> OpenReadAsync(CancellationToken cancellationToken) => FileBlobStore.GuardAsync<Stream>(() =>
    {
        Verify();
        return new BoundedStream(new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1), Length);
    });

    public Task CommitAsync(BlobKey key, CancellationToken cancellationToken) => FileBlobStore.GuardAsync(
        () =>
        {
            Verify();
            var target = _store.PathOf(key);
            var folder = Path.GetDirectoryName(target)!;
            RandomAccess.FlushToDisk(_file);
            var made = !Directory.Exists(folder);
            Directory.CreateDirectory(folder);
            File.Move(_path, target, overwrite: true);
            _file.Dispose();
            DirectorySync.Sync(folder);
            if (made)
            {
                DirectorySync.Sync(Path.GetDirectoryName(folder)!);
            }

            return true;
        },
        StorageFault.CannotCreate);

    public Task AbortAsync(CancellationToken cancellationToken) => FileBlobStore.GuardAsync(() =>
    {
        _file.Dispose();
        File.Delete(_path);
        return true;
    });

    public ValueTask DisposeAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    // Somebody may have cut or removed the staged file behind our back; publishing it would publish other bytes than were sent.
    private void Verify()
    {
        if (!File.Exists(_path) || new FileInfo(_path).Length != Length)
        {
            throw new StorageException(StorageSource.Blobs, StorageFault.Corrupt, $"The staged upload {Id} is gone or shorter than its record.");
        }
    }
}
