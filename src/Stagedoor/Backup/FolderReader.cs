using System.Runtime.CompilerServices;

namespace Stagedoor.Backup;

/// <summary>A backup in a folder.</summary>
internal sealed class FolderReader : BackupReader
{
    private FolderReader(string root, BackupManifest manifest)
        : base(root, manifest.About) => Manifest = manifest;

    internal static FolderReader Open(string root)
    {
        var manifest = Path.Combine(root, BackupManifest.Name);
        return File.Exists(manifest)
            ? new(root, BackupManifest.Read(File.ReadAllBytes(manifest), root))
            : throw new StartupException($"{root} holds no whole backup: there is no {BackupManifest.Name}. One that was cut goes on when the same backup is made again.");
    }

    internal override async IAsyncEnumerable<BackupEntry> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var file in Manifest!.Files)
        {
            await using var content = Find(file.Path);
            yield return new(file.Path, file.Name, null, content);
        }

        foreach (var blob in Manifest.HasBlobs ? Manifest.Blobs : [])
        {
            var path = $"{FolderTarget.BlobsFolder}/{BlobCopy.KeyOf(blob)}";
            await using var content = Find(path);
            yield return new(path, null, blob, content);
        }
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // What a manifest names that somebody has written is looked for in the backup alone.
    private FileStream? Find(string path)
    {
        var full = Path.GetFullPath(Path.Combine(Location, path));
        return full.StartsWith(Location + Path.DirectorySeparatorChar, StringComparison.Ordinal) && File.Exists(full) ? File.OpenRead(full) : null;
    }
}
