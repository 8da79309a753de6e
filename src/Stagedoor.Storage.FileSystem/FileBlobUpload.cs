using Microsoft.Win32.SafeHandles;

namespace Stagedoor.Storage.FileSystem;

/// <summary>An upload as a growing file.</summary>
internal sealed class FileBlobUpload : IBlobUpload
{
    private readonly FileBlobStore _store;
    private readonly string _path;
    private readonly SafeFileHandle _file;
    private bool? _canBeDirect;
    private string? _published;

    internal FileBlobUpload(FileBlobStore store, string id, string path, FileMode mode)
    {
        (_store, Id, _path) = (store, id, path);
        var file = File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            Length = RandomAccess.GetLength(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        _file = file;
    }

    public string Id { get; }

    public long Length { get; private set; }

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            Verify();
            var direct = await WriteDirectAsync(bytes, cancellationToken);
            if (direct < bytes.Length)
            {
                await RandomAccess.WriteAsync(_file, bytes[direct..], Length + direct, cancellationToken);
            }

            Length += bytes.Length;
        }
        catch (Exception e) when (FileFaults.Are(e))
        {
            Cut();
            throw FileFaults.Translate(e, StorageFault.Failed);
        }
    }

    // Written bytes are the operating system's: they survive this process, though not a power cut, which an open upload need not.
    public Task SaveAsync(CancellationToken cancellationToken) => FileBlobStore.GuardAsync(
        () =>
        {
            Verify();
            return true;
        },
        cancellationToken);

    public Task<Stream> OpenReadAsync(CancellationToken cancellationToken) => FileBlobStore.GuardAsync<Stream>(
        () =>
        {
            Verify();
            return new BoundedStream(FileBlobStore.OpenToRead(_path) ?? throw Lost(), Length);
        },
        cancellationToken);

    public Task CommitAsync(BlobKey key, CancellationToken cancellationToken)
    {
        var target = _store.PathOf(key);
        return FileBlobStore.GuardInBackgroundAsync(() => Commit(target), cancellationToken);
    }

    public Task AbortAsync(CancellationToken cancellationToken) => FileBlobStore.GuardAsync(
        () =>
        {
            _file.Dispose();
            File.Delete(_path);
            return true;
        },
        cancellationToken);

    public ValueTask DisposeAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    // Answers how many of the bytes it has written, from the first: none when they or the disk are not fit for it.
    private async ValueTask<int> WriteDirectAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var count = _canBeDirect is false ? 0 : DirectWrites.CountOf(bytes, Length);
        if (count == 0 || !(_canBeDirect ??= DirectWrites.AreGoodFor(_path)) || !DirectWrites.TrySet(_file, on: true))
        {
            return 0;
        }

        try
        {
            await RandomAccess.WriteAsync(_file, bytes[..count], Length, cancellationToken);
            return count;
        }
        catch (IOException e) when (DirectWrites.WereRefused(e))
        {
            // Also what a disk says that ran full in the middle of a block. The common way finds out.
            _canBeDirect = false;
            return 0;
        }
        finally
        {
            DirectWrites.TrySet(_file, on: false);
        }
    }

    // The handle stays open until all of it is done, so that a commit that failed can be tried again; also one that only failed to sync.
    private void Commit(string target)
    {
        var folder = Path.GetDirectoryName(target)!;
        var isPublished = string.Equals(_published, target, StringComparison.Ordinal);
        if (!isPublished)
        {
            Verify();
        }

        RandomAccess.FlushToDisk(_file);
        _store.RefuseLinks(target);
        var unsynced = _store.MakeFolder(folder);
        if (!isPublished)
        {
            File.Move(_path, target, overwrite: true);
            _published = target;
        }

        _store.SyncFolders(folder, unsynced);
        _file.Dispose();
    }

    // Somebody may have cut or removed the staged file behind our back; publishing it would publish other bytes than were sent.
    private void Verify()
    {
        if (RandomAccess.GetLength(_file) != Length || !File.Exists(_path))
        {
            throw Lost();
        }
    }

    private StorageException Lost() =>
        new(StorageSource.Blobs, StorageFault.Corrupt, $"The staged upload {Id} is gone or is not as long as what was appended.");

    // A disk that runs full takes a part of the bytes; without them the upload can go on when there is space again.
    private void Cut()
    {
        try
        {
            RandomAccess.SetLength(_file, Math.Min(Length, RandomAccess.GetLength(_file)));
        }
        catch (Exception e) when (FileFaults.Are(e))
        {
            // The fault that led here is the one to report; what is too long is found by Verify.
        }
    }
}
