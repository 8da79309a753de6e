using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Stagedoor.Storage.FileSystem;

/// <summary>An upload as a growing file, which is its holder's alone.</summary>
internal sealed class FileBlobUpload : IBlobUpload
{
    private readonly FileBlobStore _store;
    private readonly string _path;
    private readonly SafeFileHandle _file;
    private bool? _canBeDirect;
    private long _saved;
    private string? _published;

    private FileBlobUpload(FileBlobStore store, string id, string path, SafeFileHandle file, long length) =>
        (_store, Id, _path, _file, Length, _saved) = (store, id, path, file, length, length);

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
    public Task<string> SaveAsync(CancellationToken cancellationToken) => FileBlobStore.RunInlineAsync(
        () =>
        {
            Verify();
            _saved = Length;
            return Length.ToString(CultureInfo.InvariantCulture);
        },
        cancellationToken);

    // At once, not when somebody goes on: on a disk that has run full the bytes are missed by everybody. Never below what was saved, whether or not anybody keeps
    // the text of it, and never a file that is published.
    public Task RevertAsync(CancellationToken cancellationToken) => FileBlobStore.RunInlineAsync(
        () =>
        {
            if (_published is null && !_file.IsClosed && RandomAccess.GetLength(_file) > _saved)
            {
                RandomAccess.SetLength(_file, _saved);
            }

            Length = Math.Min(Length, _saved);
            return true;
        },
        cancellationToken);

    public Task<Stream> OpenReadAsync(CancellationToken cancellationToken) => FileBlobStore.RunInlineAsync<Stream>(
        () =>
        {
            Verify();
            return new BoundedStream(FileBlobStore.OpenToRead(_path) ?? throw Lost(), Length);
        },
        cancellationToken);

    public Task CommitAsync(BlobKey key, CancellationToken cancellationToken)
    {
        var target = _store.PathOf(key);
        return FileBlobStore.RunInBackgroundAsync(() => Commit(target), cancellationToken);
    }

    public Task AbortAsync(CancellationToken cancellationToken) => FileBlobStore.RunInlineAsync(
        () =>
        {
            // Before it is closed: whoever opens it next would go on with a file that has no name any more.
            File.Delete(_path);
            Close();
            return true;
        },
        cancellationToken);

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

#pragma warning disable CA2000 // The file is the upload's, and the upload the caller's.
    /// <summary>Makes the staged file and takes it. The id is the caller's alone already.</summary>
    internal static FileBlobUpload Create(FileBlobStore store, string id, string path) =>
        FindTaken(path, FileMode.CreateNew) is { } file ? new(store, id, path, file, 0) : throw new IOException($"{path} was taken as it was made.");

    /// <summary>Takes the staged file, and cuts it to what was saved.</summary>
    internal static OpenedUpload Open(FileBlobStore store, string id, string path, long saved)
    {
        if (FindTaken(path, FileMode.Open) is not { } file)
        {
            return OpenedUpload.InUse;
        }

        try
        {
            // Between its opening and its locking the last holder may have published or dropped the file.
            var length = RandomAccess.GetLength(file);
            if (!File.Exists(path) || length < saved)
            {
                file.Dispose();
                return OpenedUpload.Missing;
            }

            if (length > saved)
            {
                RandomAccess.SetLength(file, saved);
            }

            return new(new FileBlobUpload(store, id, path, file, saved), IsInUse: false);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    // Null when another holds it.
    private static SafeFileHandle? FindTaken(string path, FileMode mode)
    {
        var file = File.OpenHandle(path, mode, FileAccess.ReadWrite, UploadLock.Share);
        if (UploadLock.TryTake(file))
        {
            return file;
        }

        file.Dispose();
        return null;
    }
#pragma warning restore CA2000

    private void Close()
    {
        if (!_file.IsClosed)
        {
            _file.Dispose();
            _store.Release(Id);
        }
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

    // The handle stays open, and with it the file taken, until all of it is done: a commit that failed can be tried again, also one that only
    // failed to sync, and nobody goes on with the file once it is published.
    private void Commit(string target)
    {
        var folder = Path.GetDirectoryName(target)!;
        var isPublished = string.Equals(_published, target, StringComparison.Ordinal);
        if (!isPublished)
        {
            Verify();
        }

        _store.RequireMark();
        RandomAccess.FlushToDisk(_file);
        _store.RefuseLinks(target);
        var unsynced = _store.Folders.Make(folder);
        if (!isPublished)
        {
            File.Move(_path, target, overwrite: true);
            _published = target;
        }

        _store.Folders.Sync(folder, unsynced);
        Close();
    }

    // Somebody may have cut or removed the staged file behind our back; publishing it would publish other bytes than were sent.
    private void Verify()
    {
        if (RandomAccess.GetLength(_file) != Length || !File.Exists(_path))
        {
            throw Lost();
        }
    }

    private StorageException Lost()
    {
        // With the whole store away the upload is not lost: it goes on when the store is back.
        _store.RequireMark();
        return new(StorageSource.Blobs, StorageFault.Corrupt, $"The staged upload {Id} is gone or is not as long as what was appended.");
    }

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
