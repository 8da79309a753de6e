using System.Globalization;
using System.Security.Cryptography;
using Stagedoor.Serve;
using Stagedoor.Storage;
using Stagedoor.Storage.FileSystem;

namespace Stagedoor.Backup;

/// <summary>
/// A folder that holds one backup, and what the next one needs less: blobs never change, so those that are there are not copied again. The databases of
/// each backup are in a folder of their own; which of them counts, the manifest says, which is replaced last and in one step.
/// </summary>
internal sealed class FolderTarget : IBackupTarget
{
    internal const string BlobsFolder = "blobs";
    private const string FilesFolder = "files";
    private const string LockName = "backup.lock";

    private readonly string _root;
    private readonly FileStream _lock;
    private readonly FileBlobStore _blobs;
    private readonly BackupManifest? _last;
    private string? _generation;

    private FolderTarget(string root, FileStream held, BackupManifest? last)
    {
        (_root, _lock, _last) = (root, held, last);
        _blobs = new(Path.Combine(root, BlobsFolder));
    }

    public string Location => _root;

    public BackupAbout? Last => _last?.About;

    public int Parallelism => 4;

    /// <exception cref="StartupException">It cannot be written, another backup is being written to it, or it holds something else.</exception>
    internal static FolderTarget Open(string path)
    {
        var root = Path.GetFullPath(path);
        var manifest = Path.Combine(root, BackupManifest.Name);
        if (Directory.Exists(root) && !File.Exists(manifest) && !IsEmptyOrBegun(root))
        {
            throw new StartupException($"{root} is not empty and holds no backup. Name a new or empty folder, or that of the last backup.");
        }

        DataDirectory.Make(root);
#pragma warning disable CA2000 // It is disposed with the target, or below.
        var held = Lock(root);
#pragma warning restore CA2000
        try
        {
            return new(root, held, File.Exists(manifest) ? BackupManifest.Read(File.ReadAllBytes(manifest), root) : null);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    // One that was cut has its lock, which it made first: folders of these names alone are somebody else's.
    private static bool IsEmptyOrBegun(string root)
    {
        var names = DataDirectory.EntriesOf(root).Select(Path.GetFileName).ToList();
        return names.Count == 0 || (names.Contains(LockName, StringComparer.Ordinal) && names.TrueForAll(static n => n is LockName or FilesFolder or BlobsFolder));
    }

    public string Begin(DateTimeOffset startedAt)
    {
        RemoveGenerations(except: _last);
        var name = startedAt.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var folder = Path.Combine(_root, FilesFolder, name);
        for (var again = 2; Directory.Exists(folder); again++)
        {
            folder = Path.Combine(_root, FilesFolder, string.Create(CultureInfo.InvariantCulture, $"{name}-{again}"));
        }

        Directory.CreateDirectory(folder);
        return _generation = folder;
    }

    public async Task<IReadOnlyList<BackupFile>> AddFilesAsync(BackupAbout about, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        await BlobCopy.DropUploadsAsync(_blobs, cancellationToken);
        var files = new List<BackupFile>();
        foreach (var name in names)
        {
            var path = Path.Combine(_generation!, name);
            await using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
            var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
            BackupWork.Sync(file);
            DirectorySync.Sync(Path.GetDirectoryName(path)!);
            files.Add(new(name, Path.GetRelativePath(_root, path).Replace('\\', '/'), file.Length, hash));
        }

        DirectorySync.Sync(Path.Combine(_root, FilesFolder));
        return files;
    }

    public async Task<bool> HasAsync(BackupBlob blob, CancellationToken cancellationToken) =>
        await _blobs.FindSizeAsync(BlobCopy.KeyOf(blob), cancellationToken) == blob.Size;

    public Task<bool> AddBlobAsync(BackupBlob blob, BlobContent content, Action<long> passed, CancellationToken cancellationToken) =>
        BlobCopy.CopyAsync(blob, content.Body, _blobs, passed, cancellationToken);

    public async Task CompleteAsync(BackupManifest manifest, CancellationToken cancellationToken)
    {
        SecretFiles.Write(Path.Combine(_root, BackupManifest.Name), manifest.Write());
        DirectorySync.Sync(_root);
        _generation = null;

        // From here on it is whole; what only the one before needed may go, now or with the next one.
        RemoveGenerations(except: manifest);
        if (!manifest.HasBlobs)
        {
            return;
        }

        var needed = manifest.Blobs.Select(static b => BlobCopy.KeyOf(b)).ToHashSet();
        await foreach (var entry in _blobs.ListAsync("", cancellationToken))
        {
            if (!needed.Contains(entry.Key))
            {
                await _blobs.DeleteAsync(entry.Key, cancellationToken);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        if (_generation is { } unfinished)
        {
            // The blobs stay: the next backup need not copy them again.
            Directory.Delete(unfinished, recursive: true);
        }

        _lock.Dispose();
        return ValueTask.CompletedTask;
    }

    private static FileStream Lock(string root)
    {
        var path = Path.Combine(root, LockName);
        try
        {
            return new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new StartupException($"Another backup is being written to {root}. Wait for its end, or name another folder.", e);
        }
    }

    private void RemoveGenerations(BackupManifest? except)
    {
        var folder = Path.Combine(_root, FilesFolder);
        if (!Directory.Exists(folder))
        {
            return;
        }

        var kept = (except?.Files ?? []).Select(f => Path.GetFullPath(Path.Combine(_root, f.Path))).ToList();
        foreach (var generation in Directory.EnumerateDirectories(folder).ToList())
        {
            if (!kept.Exists(file => file.StartsWith(generation + Path.DirectorySeparatorChar, StringComparison.Ordinal)))
            {
                Directory.Delete(generation, recursive: true);
            }
        }
    }
}
