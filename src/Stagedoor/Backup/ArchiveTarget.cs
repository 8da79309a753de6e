using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Stagedoor.Content;
using Stagedoor.Storage;

namespace Stagedoor.Backup;

/// <summary>
/// A tar file, packed by gzip when its name says so: first what it is of, then the files and blobs, at its end the manifest. It is written beside its
/// place and moved there when it is whole. One that was cut is begun anew.
/// </summary>
internal sealed class ArchiveTarget : IBackupTarget
{
    internal const string AboutName = "about.json";
    private const string Unfinished = ".part";
    private const string ScratchSuffix = ".files";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path;
    private readonly FileStream _file;
#pragma warning disable CA2213 // They are disposed when the archive is complete. What they have in hand of one that is not is not wanted, and a full disk would not take it.
    private readonly Stream _packed;
    private readonly TarWriter _tar;
#pragma warning restore CA2213
    private DateTimeOffset _startedAt;
    private bool _isComplete;

    private ArchiveTarget(string path, FileStream file, BackupAbout? last)
    {
        (_path, _file, Last) = (path, file, last);
        _packed = IsPacked(path) ? new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true) : new BufferedStream(file, PageBuffer.Bytes);
        _tar = new(_packed, TarEntryFormat.Pax, leaveOpen: true);
    }

    public string Location => _path;

    public BackupAbout? Last { get; }

    public int Parallelism => 1;

    private string Scratch => _path + Unfinished + ScratchSuffix;

    /// <summary>Whether a file of this name is packed.</summary>
    internal static bool IsPacked(string path) =>
        path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a path that is not there yet is meant to be an archive.</summary>
    internal static bool IsMeant(string path) => IsPacked(path) || path.EndsWith(".tar", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="StartupException">It cannot be written, another backup is being written to it, or what lies there is no backup.</exception>
    internal static async Task<ArchiveTarget> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(path);
        var last = await FindLastAsync(full, cancellationToken);
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Private;
        }

        try
        {
            var file = new FileStream(full + Unfinished, options);
            if (!File.Exists(full + Unfinished))
            {
                // Whoever had it has just moved it to its place.
                await file.DisposeAsync();
                throw new StartupException($"Another backup has just been written to {full}. Name another file, or try again.");
            }

            // Only now: until here it may have been another's who was writing.
            file.SetLength(0);
            return new(full, file, last);
        }
        catch (IOException e) when (File.Exists(full + Unfinished))
        {
            throw new StartupException($"Another backup is being written to {full}. Wait for its end, or name another file.", e);
        }
    }

    public string Begin(DateTimeOffset startedAt)
    {
        if (Directory.Exists(Scratch))
        {
            Directory.Delete(Scratch, recursive: true);
        }

        _startedAt = startedAt;
        return Directory.CreateDirectory(Scratch).FullName;
    }

    public async Task<IReadOnlyList<BackupFile>> AddFilesAsync(BackupAbout about, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        await AddBytesAsync(AboutName, SealedJson.Seal(JsonSerializer.SerializeToUtf8Bytes(about, BackupJson.Default.BackupAbout)), cancellationToken);
        var files = new List<BackupFile>();
        foreach (var name in names)
        {
            await using var file = File.OpenRead(Path.Combine(Scratch, name));
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var path = $"files/{name}";
            await AddAsync(path, new HashedStream(file, file.Length, hash, static _ => { }), cancellationToken);
            files.Add(new(name, path, file.Length, Convert.ToHexStringLower(hash.GetHashAndReset())));
        }

        Directory.Delete(Scratch, recursive: true);
        return files;
    }

    public Task<bool> HasAsync(BackupBlob blob, CancellationToken cancellationToken) => Task.FromResult(false);

    public async Task<bool> AddBlobAsync(BackupBlob blob, BlobContent content, Action<long> passed, CancellationToken cancellationToken)
    {
        if (content.Size != blob.Size)
        {
            return false;
        }

        var digest = Digest.Parse(blob.Digest);
        using var hash = BlobHash.Create(digest.Algorithm);
        await AddAsync($"{FolderTarget.BlobsFolder}/{BlobCopy.KeyOf(blob)}", new HashedStream(content.Body, blob.Size, hash, passed), cancellationToken);

        // The bytes are in the file and nothing names them: whoever reads it passes over them.
        return Digest.Of(digest.Algorithm, hash.GetHashAndReset()) == digest;
    }

    public async Task CompleteAsync(BackupManifest manifest, CancellationToken cancellationToken)
    {
        await AddBytesAsync(BackupManifest.Name, manifest.Write(), cancellationToken);
        await _tar.DisposeAsync();
        await _packed.FlushAsync(cancellationToken);
        if (_packed is GZipStream)
        {
            await _packed.DisposeAsync();
        }

        BackupWork.Sync(_file);
        File.Move(_path + Unfinished, _path, overwrite: true);
        DirectorySync.Sync(Path.GetDirectoryName(_path)!);
        _isComplete = true;
    }

    public ValueTask DisposeAsync()
    {
        if (!_isComplete)
        {
            if (Directory.Exists(Scratch))
            {
                Directory.Delete(Scratch, recursive: true);
            }

            File.Delete(_path + Unfinished);
        }

        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    // A new backup takes the place of the one before, and of nothing else.
    private static async Task<BackupAbout?> FindLastAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            await using var reader = await BackupReader.OpenAsync(path, cancellationToken);
            return reader.About;
        }
        catch (StartupException e)
        {
            throw new StartupException($"{path} is there, and is no backup that this program can read. Name another file, or remove it.", e);
        }
    }

    private async Task AddBytesAsync(string name, byte[] bytes, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(bytes, writable: false);
        await AddAsync(name, content, cancellationToken);
    }

    private Task AddAsync(string name, Stream content, CancellationToken cancellationToken) => _tar.WriteEntryAsync(
        new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content, Mode = Private, ModificationTime = _startedAt }, cancellationToken);
}
