namespace Stagedoor.Backup;

/// <summary>A backup that is read, from its beginning to its end, once.</summary>
internal abstract class BackupReader : IAsyncDisposable
{
    private protected BackupReader(string location, BackupAbout about) => (Location, About) = (location, about);

    /// <summary>Where it is, for messages.</summary>
    internal string Location { get; }

    /// <summary>What it is of.</summary>
    internal BackupAbout About { get; }

    /// <summary>What is in it; known when everything was read, and earlier where it need not be.</summary>
    internal BackupManifest? Manifest { get; private protected set; }

    /// <summary>Opens a backup.</summary>
    /// <exception cref="StartupException">There is none, or it is damaged, cut off or newer than this program.</exception>
    internal static async Task<BackupReader> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(path);
        try
        {
            return Directory.Exists(full) ? FolderReader.Open(full)
                : File.Exists(full) ? await ArchiveReader.BeginAsync(full, cancellationToken)
                : throw new StartupException($"There is no backup at {full}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"{full} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The files and blobs. Each is read, if at all, before the next is asked for.</summary>
    /// <exception cref="StartupException">It is cut off.</exception>
    internal abstract IAsyncEnumerable<BackupEntry> ReadAsync(CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}

/// <summary>A file or blob of a backup.</summary>
/// <param name="Path">Where it is in the backup.</param>
/// <param name="Name">What a file is in the installation; null for a blob.</param>
/// <param name="Blob">The blob; null for a file.</param>
/// <param name="Content">Its bytes; null when they are not there.</param>
internal sealed record BackupEntry(string Path, string? Name, BackupBlob? Blob, Stream? Content);
