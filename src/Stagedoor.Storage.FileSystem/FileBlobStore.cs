using System.Runtime.CompilerServices;

namespace Stagedoor.Storage.FileSystem;

/// <summary>Objects as files under one folder, uploads beside them in <c>uploads</c>.</summary>
/// <param name="root">The folder; made when missing.</param>
public sealed class FileBlobStore(string root) : IBlobStore
{
    private const string UploadsFolder = "uploads";
    private const int ReadBuffer = 1;
    private readonly string _root = Path.GetFullPath(root);

    public string Location => _root;

    public Task<long?> FindSizeAsync(BlobKey key, CancellationToken cancellationToken) =>
        GuardAsync(() =>
        {
            var file = new FileInfo(PathOf(key));
            return file.Exists ? file.Length : (long?)null;
        });

    public Task<BlobContent?> OpenAsync(BlobKey key, long offset, long? length, CancellationToken cancellationToken) =>
        GuardAsync(() =>
        {
            var path = PathOf(key);
            if (!File.Exists(path))
            {
                return null;
            }

            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, ReadBuffer);
            var size = stream.Length;
            var rest = Math.Max(0, size - offset);
            var part = Math.Min(length ?? rest, rest);
            stream.Position = Math.Min(offset, size);
            return new BlobContent(size, part, part == rest ? stream : new BoundedStream(stream, part), stream.SafeFileHandle, stream.Position);
        });

    public Task<bool> DeleteAsync(BlobKey key, CancellationToken cancellationToken) =>
        GuardAsync(() =>
        {
            var path = PathOf(key);
            if (!File.Exists(path))
            {
                return false;
            }

            File.Delete(path);
            return true;
        });

    public async IAsyncEnumerable<BlobEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var found = await GuardAsync(() => Directory.Exists(_root)
            ? new DirectoryInfo(_root).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).ToList()
            : []);
        foreach (var file in found)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = Path.GetRelativePath(_root, file.FullName).Replace('\\', '/');
            if (name.StartsWith(prefix, StringComparison.Ordinal) && !name.StartsWith(UploadsFolder + "/", StringComparison.Ordinal)
                && BlobKey.IsValid(name) && file.Exists)
            {
                yield return new(new(name), file.Length, new DateTimeOffset(file.LastWriteTimeUtc));
            }
        }
    }

    public Task<IBlobUpload> CreateUploadAsync(string id, CancellationToken cancellationToken) => GuardAsync<IBlobUpload>(
        () =>
        {
            var path = UploadPath(id);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return new FileBlobUpload(this, id, path, FileMode.CreateNew);
        },
        StorageFault.CannotCreate);

    public Task<IBlobUpload?> OpenUploadAsync(string id, CancellationToken cancellationToken) =>
        GuardAsync<IBlobUpload?>(() => File.Exists(UploadPath(id)) ? new FileBlobUpload(this, id, UploadPath(id), FileMode.Open) : null);

    public async IAsyncEnumerable<StagedUpload> ListUploadsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var folder = new DirectoryInfo(Path.Combine(_root, UploadsFolder));
        foreach (var file in await GuardAsync(() => folder.Exists ? folder.EnumerateFiles().ToList() : []))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new(file.Name, new DateTimeOffset(file.LastWriteTimeUtc));
        }
    }

    public Task CheckAsync(CancellationToken cancellationToken) => GuardAsync(() =>
    {
        Directory.CreateDirectory(Path.Combine(_root, UploadsFolder));
        var probe = Path.Combine(_root, $".probe-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}");
        using (var file = new FileStream(probe, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
        {
            file.WriteByte(1);
            file.Flush(flushToDisk: true);
        }

        return true;
    });

    /// <summary>Where the object is kept, checked to lie under the root.</summary>
    internal string PathOf(BlobKey key) => Under(Path.Combine(_root, key.ToString()));

    /// <summary>Runs file operations and says their faults in storage's words.</summary>
    internal static Task<T> GuardAsync<T>(Func<T> work, StorageFault otherwise = StorageFault.Failed)
    {
        try
        {
            return Task.FromResult(work());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Task.FromException<T>(FileFaults.Translate(e, otherwise));
        }
    }

    private string UploadPath(string id) => id.Length is > 0 and <= 64 && id.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-')
        ? Path.Combine(_root, UploadsFolder, id)
        : throw new ArgumentException($"'{id}' cannot name an upload.", nameof(id));

    private string Under(string path)
    {
        var full = Path.GetFullPath(path);
        return full.StartsWith(_root + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? full
            : throw new ArgumentException($"{path} lies outside the store.", nameof(path));
    }
}
