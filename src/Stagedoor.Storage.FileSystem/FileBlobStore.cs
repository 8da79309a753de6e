using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Enumeration;
using System.Runtime.CompilerServices;

namespace Stagedoor.Storage.FileSystem;

/// <summary>Objects as files under one folder, uploads beside them in <c>uploads</c>.</summary>
/// <param name="root">The folder; made when missing.</param>
public sealed class FileBlobStore(string root) : IBlobStore
{
    private const string UploadsFolder = "uploads";
    private readonly string _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    // Uploads that somebody in this process holds.
    private readonly ConcurrentDictionary<string, bool> _held = new(StringComparer.Ordinal);

    private volatile string? _installation;

    public string Location => _root;

    /// <summary>The folders of its objects.</summary>
    internal StoreFolders Folders { get; } = new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root)));

    public void Expect(string installation) => _installation = installation;

    public Task<long?> FindSizeAsync(BlobKey key, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        return RunInlineAsync(() => FindSize(path) ?? (IsMark(key) ? null : Missing<long?>(null)), cancellationToken);
    }

    public Task<DateTimeOffset?> FindWriteTimeAsync(BlobKey key, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        return RunInlineAsync(() => new FileInfo(path) is { Exists: true } file ? new DateTimeOffset(file.LastWriteTimeUtc) : default(DateTimeOffset?), cancellationToken);
    }

    public Task<BlobContent?> OpenAsync(BlobKey key, long offset, long? length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        var path = PathOf(key);
        return RunInlineAsync(
            () =>
            {
                RefuseLinks(path);
                if (OpenToRead(path) is not { } file)
                {
                    return IsMark(key) ? null : Missing<BlobContent?>(null);
                }

                try
                {
                    var size = file.Length;
                    var start = Math.Min(offset, size);
                    var part = Math.Min(length ?? size, size - start);
                    file.Position = start;
                    return new BlobContent(size, part, new BoundedStream(file, part), file.SafeFileHandle, start);
                }
                catch
                {
                    file.Dispose();
                    throw;
                }
            },
            cancellationToken);
    }

    public Task<bool> DeleteAsync(BlobKey key, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        return RunInlineAsync(
            () =>
            {
                RequireMark();
                if (FindSize(path) is null)
                {
                    return false;
                }

                File.Delete(path);
                return true;
            },
            cancellationToken);
    }

    public async Task<bool> MoveAsync(BlobKey key, BlobKey newKey, CancellationToken cancellationToken)
    {
        var (source, target) = (PathOf(key), PathOf(newKey));
        var moved = false;
        await RunInBackgroundAsync(
            () =>
            {
                RequireMark();
                if (FindSize(source) is null)
                {
                    return;
                }

                RefuseLinks(target);
                var folder = Path.GetDirectoryName(target)!;
                var unsynced = Folders.Make(folder);
                File.Move(source, target, overwrite: true);
                Folders.Sync(folder, unsynced);
                moved = true;
            },
            cancellationToken);
        return moved;
    }

    public async IAsyncEnumerable<BlobEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var inner = prefix.LastIndexOf('/');
        if (inner >= 0 && !BlobKey.IsValid(prefix[..inner]))
        {
            yield break;
        }

        var folder = inner < 0 ? _root : Path.Combine(_root, prefix[..inner]);
        await foreach (var file in FilesAsync(folder, recurse: true, cancellationToken))
        {
            var name = Path.GetRelativePath(_root, file.FullName).Replace('\\', '/');
            if (name.StartsWith(prefix, StringComparison.Ordinal) && BlobKey.IsValid(name) && !IsStaging(name))
            {
                yield return new(new(name), file.Length, new DateTimeOffset(file.LastWriteTimeUtc));
            }
        }
    }

    public Task<IBlobUpload> CreateUploadAsync(string id, CancellationToken cancellationToken)
    {
        var path = UploadPath(id);
        return RunInlineAsync<IBlobUpload>(
            () =>
            {
                RequireMark();
                RefuseLinks(path);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                return Hold(id) ? Held(id, () => FileBlobUpload.Create(this, id, path)) : throw new IOException($"The upload {id} is there already.");
            },
            cancellationToken,
            StorageFault.CannotCreate);
    }

    public Task<OpenedUpload> OpenUploadAsync(string id, string saved, CancellationToken cancellationToken)
    {
        var path = UploadPath(id);
        return RunInlineAsync(() => Open(id, path, saved), cancellationToken);
    }

    public Task<bool> HoldsUploadAsync(string id, string saved, CancellationToken cancellationToken)
    {
        var path = UploadPath(id);
        return RunInlineAsync(() => TryParseSaved(saved, out var length) && (FindSize(path) >= length || Missing(false)), cancellationToken);
    }

    public async Task<bool> DropUploadAsync(string id, CancellationToken cancellationToken)
    {
        var path = UploadPath(id);
        var opened = await RunInlineAsync(() => Open(id, path, ""), cancellationToken);
        if (opened.Upload is { } upload)
        {
            await using (upload)
            {
                await upload.AbortAsync(cancellationToken);
            }
        }

        return !opened.IsInUse;
    }

    public async IAsyncEnumerable<StagedUpload> ListUploadsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var file in FilesAsync(Path.Combine(_root, UploadsFolder), recurse: false, cancellationToken))
        {
            if (StagedUpload.IsValidId(file.Name))
            {
                yield return new(file.Name, new DateTimeOffset(file.LastWriteTimeUtc));
            }
        }
    }

    public Task CheckAsync(CancellationToken cancellationToken) => RunInBackgroundAsync(
        () =>
        {
            RequireMark();
            Directory.CreateDirectory(Path.Combine(_root, UploadsFolder));
            var probe = Path.Combine(_root, $".probe-{Guid.NewGuid():N}");
            using var file = new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            file.WriteByte(1);
            file.Flush(flushToDisk: true);
        },
        cancellationToken,
        StorageFault.Unavailable);

    /// <summary>Where the object is kept.</summary>
    /// <exception cref="ArgumentException">The key lies outside the store, or among its uploads.</exception>
    internal string PathOf(BlobKey key)
    {
        var name = key.ToString();
        var path = Path.GetFullPath(Path.Combine(_root, name));
        return path.StartsWith(_root + Path.DirectorySeparatorChar, StringComparison.Ordinal) && !IsStaging(name)
            ? path
            : throw new ArgumentException($"'{name}' lies outside the store.", nameof(key));
    }

    /// <summary>Runs file operations, on the thread of the caller and to their end, and says their faults in storage's words.</summary>
    internal static Task<T> RunInlineAsync<T>(
        Func<T> work, CancellationToken cancellationToken, StorageFault otherwise = StorageFault.Failed)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        try
        {
            return Task.FromResult(work());
        }
        catch (Exception e) when (FileFaults.Are(e))
        {
            return Task.FromException<T>(FileFaults.Translate(e, otherwise));
        }
        catch (StorageException e)
        {
            return Task.FromException<T>(e);
        }
    }

    /// <summary>The same for what syncs to disk, which takes seconds for a large file: the caller's thread goes on meanwhile.</summary>
    internal static Task RunInBackgroundAsync(
        Action work, CancellationToken cancellationToken, StorageFault otherwise = StorageFault.Failed) => Task.Run(
        () =>
        {
            try
            {
                work();
            }
            catch (Exception e) when (FileFaults.Are(e))
            {
                throw FileFaults.Translate(e, otherwise);
            }
        },
        cancellationToken);

    /// <summary>Opens a file; null when there is none.</summary>
    internal static FileStream? OpenToRead(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException
            || (e is UnauthorizedAccessException && Directory.Exists(path)))
        {
            return null;
        }
    }

    /// <summary>A link below the root could lead out of it; the store makes none, so it follows none.</summary>
    /// <exception cref="StorageException">There is one on the way.</exception>
    internal void RefuseLinks(string path)
    {
        for (var at = path; at.Length > _root.Length; at = Path.GetDirectoryName(at)!)
        {
            if (new FileInfo(at).LinkTarget is not null)
            {
                throw new StorageException(StorageSource.Blobs, StorageFault.Failed, $"{at} is a link; the store follows none.");
            }
        }
    }

    /// <summary>Refuses what would write to, or believe, a folder that is not the one which was opened.</summary>
    /// <exception cref="StorageException">The mark that the store is to bear is not there.</exception>
    internal void RequireMark()
    {
        if (_installation is not { } installation)
        {
            return;
        }

        InstallationMark? mark;
        try
        {
            mark = StoreMark.Parse(this, File.ReadAllBytes(Path.Combine(_root, StoreMark.Name)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            mark = null;
        }
        catch (Exception e) when (FileFaults.Are(e))
        {
            throw FileFaults.Translate(e, StorageFault.Unavailable);
        }

        StoreMark.Require(this, installation, mark);
    }

    /// <summary>Lets others have an upload again.</summary>
    internal void Release(string id) => _held.TryRemove(id, out _);

    private static bool IsMark(BlobKey key) => string.Equals(key.ToString(), StoreMark.Name, StringComparison.Ordinal);

    // What is not there is lost only when the store itself is there: who hears that it is lost forgets what spoke of it.
    private T Missing<T>(T answer)
    {
        RequireMark();
        return answer;
    }

    // Nothing saved is nothing appended.
    private static bool TryParseSaved(string saved, out long length)
    {
        length = 0;
        return saved.Length == 0 || long.TryParse(saved, NumberStyles.None, CultureInfo.InvariantCulture, out length);
    }

    private static bool IsStaging(string name) =>
        name.StartsWith(UploadsFolder, StringComparison.Ordinal) && (name.Length == UploadsFolder.Length || name[UploadsFolder.Length] == '/');

    private bool Hold(string id) => _held.TryAdd(id, true);

    private T Held<T>(string id, Func<T> open)
    {
        try
        {
            return open();
        }
        catch
        {
            Release(id);
            throw;
        }
    }

    private OpenedUpload Open(string id, string path, string saved)
    {
        RefuseLinks(path);
        if (!TryParseSaved(saved, out var length))
        {
            return OpenedUpload.Missing;
        }

        if (!Hold(id))
        {
            return OpenedUpload.InUse;
        }

        try
        {
            var opened = Held(id, () => FileBlobUpload.Open(this, id, path, length));
            if (opened.Upload is null)
            {
                Release(id);
                return Missing(opened);
            }

            return opened;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Missing(OpenedUpload.Missing);
        }
    }

    private string UploadPath(string id) => StagedUpload.IsValidId(id)
        ? Path.Combine(_root, UploadsFolder, id)
        : throw new ArgumentException($"'{id}' cannot name an upload.", nameof(id));

    private long? FindSize(string path)
    {
        RefuseLinks(path);
        try
        {
            return new FileInfo(path).Length;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    // Found while the caller reads: a store holds more files than a list should. A file deleted meanwhile is left out.
    private async IAsyncEnumerable<FileInfo> FilesAsync(
        string folder, bool recurse, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var files = await RunInlineAsync(() => Files(folder, recurse)?.GetEnumerator(), cancellationToken);
        while (files is not null && await RunInlineAsync(files.MoveNext, cancellationToken))
        {
            if (files.Current.Exists)
            {
                yield return files.Current;
            }
        }
    }

    private FileSystemEnumerable<FileInfo>? Files(string folder, bool recurse)
    {
        RefuseLinks(folder);
        RequireMark();
        if (!Directory.Exists(folder))
        {
            return null;
        }

        var options = new EnumerationOptions
        {
            RecurseSubdirectories = recurse,
            AttributesToSkip = FileAttributes.ReparsePoint,
            IgnoreInaccessible = false,
        };
        var uploads = Path.Combine(_root, UploadsFolder);
        return new(folder, static (ref entry) => (FileInfo)entry.ToFileSystemInfo(), options)
        {
            ShouldIncludePredicate = static (ref entry) => !entry.IsDirectory,
            // The root of a volume has a folder of the file system's own, which only root may look into.
            ShouldRecursePredicate = (ref entry) => entry.FileName is not "lost+found" && !string.Equals(entry.ToFullPath(), uploads, StringComparison.Ordinal),
        };
    }
}
