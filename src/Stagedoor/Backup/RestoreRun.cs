using System.Security.Cryptography;
using System.Text.Json;
using Stagedoor.Identity.Secrets;
using Stagedoor.Serve;
using Stagedoor.Storage;

namespace Stagedoor.Backup;

/// <summary>
/// Brings a backup into an empty place. Blobs go to their store one by one, each under its digest; the other files lie aside until all of them have proved to be as
/// they were written. The mark of the data directory comes last: until then no process serves what is there, and the same restore goes on where it was.
/// </summary>
internal sealed class RestoreRun(OpenedInstallation installation, BackupProgress progress)
{
    private const string KeyName = "master.key";
    private readonly string _root = installation.Data.Root;
    private readonly List<string> _left = [];

    private string Aside => Path.Combine(_root, DataDirectory.RestoreName);

    private string AboutPath => Path.Combine(Aside, ArchiveTarget.AboutName);

    /// <exception cref="StartupException">It cannot be restored there.</exception>
    /// <exception cref="StorageException">A store failed; the same restore goes on later.</exception>
    internal async Task<RestoreResult> RestoreAsync(BackupReader reader, IDatabaseRestore databases, CancellationToken cancellationToken)
    {
        RequireKnown(reader);
        using var held = Enter(reader, out var isAgain);
        if (held is null)
        {
            return new(reader.About, reader.Manifest?.Missing ?? [], [$"{_root} was restored from this backup before; nothing was changed."]);
        }

        await RequireEmptyOrLeaveAsync(reader, databases, isAgain, cancellationToken);
        SecretFiles.Write(AboutPath, JsonSerializer.SerializeToUtf8Bytes(reader.About, BackupJson.Default.BackupAbout));

        var files = await ReadAsync(reader, cancellationToken);
        var manifest = reader.Manifest!;
        Require(reader, manifest, files);
        var missing = await FindMissingAsync(reader, manifest, cancellationToken);
        await databases.PlaceAsync(reader.About, Aside, cancellationToken);
        PlaceKey(manifest);
        await MarkStoreAsync(manifest, cancellationToken);
        DirectorySync.Sync(_root);
        DataDirectory.Found(_root, reader.About.Installation);
        DirectorySync.Sync(_root);
        Directory.Delete(Aside, recursive: true);
        progress.End();
        return new(reader.About, missing, _left);
    }

    // What this program has never heard of it would not bring up to date, but lose.
    private void RequireKnown(BackupReader reader)
    {
        foreach (var database in reader.About.Databases.Where(static d => d.Partition is null))
        {
            var own = installation.Databases.FirstOrDefault(d => string.Equals(d.Name, database.Name, StringComparison.Ordinal));
            if (own is null || database.Schema > MigrationRunner.FindNewest(own.Migrations, reader.About.Engine))
            {
                throw BackupManifest.Newer(reader.Location, reader.About.Version, $"schema {database.Schema} of {database.Name}");
            }
        }

        if (!string.Equals(reader.About.Engine, installation.Storage.Database, StringComparison.Ordinal))
        {
            throw new StartupException(
                $"{reader.Location} holds databases of {reader.About.Engine}, and Storage:Database is {installation.Storage.Database}. Name the settings of the restored installation with --config.");
        }
    }

    // Null when it is here already.
    private FileStream? Enter(BackupReader reader, out bool isAgain)
    {
        isAgain = File.Exists(AboutPath) && IsSame(reader);
        if (File.Exists(Path.Combine(_root, DataDirectory.MarkerName)))
        {
            if (!isAgain)
            {
                throw new StartupException($"{_root} holds an installation. Restore into an empty or new folder.");
            }

            Directory.Delete(Aside, recursive: true);
            return null;
        }

        // One that was ended at its very beginning had not said yet what it is of: any may go on.
        var isBegun = Directory.Exists(Aside) && Directory.EnumerateFileSystemEntries(Aside).Any(static e => !e.EndsWith(SecretFiles.Unfinished, StringComparison.Ordinal));
        if (!isAgain && Directory.Exists(_root) && DataDirectory.EntriesOf(_root).Any(e => !IsHarmless(Path.GetFileName(e), isBegun)))
        {
            throw new StartupException(isBegun
                ? $"{_root} holds the beginning of a restore from another backup. Go on with that one, or restore into an empty or new folder."
                : $"{_root} is not empty. Restore into an empty or new folder.");
        }

        // The mark goes before everything else: whatever ends this from here on, no process takes the folder for a new one.
        DataDirectory.Make(_root);
        var isMarked = Directory.Exists(Aside);
        Directory.CreateDirectory(Aside);
        DirectorySync.Sync(_root);
        try
        {
            return new(Path.Combine(_root, DataDirectory.LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(Path.Combine(_root, DataDirectory.LockName)))
        {
            if (!isMarked)
            {
                Directory.Delete(Aside);
            }

            throw new StartupException($"Another process uses {_root}. Wait for its end, or restore into another folder.", e);
        }
    }

    private static bool IsHarmless(string name, bool isBegun) =>
        name is DataDirectory.LockName or KeyName || (name is DataDirectory.RestoreName && !isBegun);

    // A restore that is refused leaves no mark: nothing was begun.
    private async Task RequireEmptyOrLeaveAsync(BackupReader reader, IDatabaseRestore databases, bool isAgain, CancellationToken cancellationToken)
    {
        try
        {
            await RequireEmptyAsync(reader, databases, isAgain, cancellationToken);
        }
        catch (StartupException) when (!isAgain)
        {
            Directory.Delete(Aside, recursive: true);
            throw;
        }

        Directory.CreateDirectory(Aside);
    }

    private bool IsSame(BackupReader reader)
    {
        try
        {
            var begun = JsonSerializer.Deserialize(File.ReadAllBytes(AboutPath), BackupJson.Default.BackupAbout);
            return begun is not null && begun.StartedAt == reader.About.StartedAt
                && string.Equals(begun.Installation, reader.About.Installation, StringComparison.Ordinal);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private async Task RequireEmptyAsync(BackupReader reader, IDatabaseRestore databases, bool isAgain, CancellationToken cancellationToken)
    {
        var mark = await StoreMark.FindAsync(installation.Blobs, cancellationToken);
        if (mark is not null && !string.Equals(mark.Id, reader.About.Installation, StringComparison.Ordinal))
        {
            throw new StartupException(
                $"The blob store {installation.Blobs.Location} belongs to another installation ({mark.Id[..8]}, not {reader.About.Installation[..8]}). Correct the settings under Storage.");
        }

        if (mark is null && !isAgain && await installation.Blobs.ListAsync("", cancellationToken).AnyAsync(cancellationToken))
        {
            throw new StartupException($"The blob store {installation.Blobs.Location} is not empty. Restore into an empty one, or into the one that the backup is of.");
        }

        await databases.RequireEmptyAsync(reader.About, isAgain, cancellationToken);
    }

    private async Task<Dictionary<string, (long Size, string Sha256)>> ReadAsync(BackupReader reader, CancellationToken cancellationToken)
    {
        var files = new Dictionary<string, (long, string)>(StringComparer.Ordinal);
        var names = reader.About.Databases.Select(static d => d.FileName).Append(KeyName).Append(IDatabaseRestore.DumpName).ToHashSet(StringComparer.Ordinal);
        await BlobCopy.DropUploadsAsync(installation.Blobs, cancellationToken);
        progress.Say("Restoring blobs and files, each looked at before it is used");
        if (reader.Manifest is { } known)
        {
            progress.Begin(known.Blobs.Count, known.Blobs.Sum(static b => b.Size));
        }

        await foreach (var entry in reader.ReadAsync(cancellationToken))
        {
            if (entry.Content is null)
            {
                throw new StartupException($"{reader.Location} is not whole: {entry.Path} is missing. Nothing was started; use another backup.");
            }

            if (entry.Blob is { } blob)
            {
                await RestoreAsync(reader, blob, entry, cancellationToken);
            }
            else if (names.Contains(entry.Name!))
            {
                files[entry.Name!] = await SetAsideAsync(reader, entry, cancellationToken);
            }
        }

        return files;
    }

    private async Task RestoreAsync(BackupReader reader, BackupBlob blob, BackupEntry entry, CancellationToken cancellationToken)
    {
        if (await installation.Blobs.FindSizeAsync(BlobCopy.KeyOf(blob), cancellationToken) == blob.Size)
        {
            progress.Finish(blob.Size);
            return;
        }

        try
        {
            // In an archive there may be one that was damaged in the store already, which the manifest at its end does not name.
            if (!await BlobCopy.CopyAsync(blob, entry.Content!, installation.Blobs, progress.Pass, cancellationToken) && reader.Manifest is not null)
            {
                throw new StartupException($"{reader.Location} is damaged: {entry.Path} is not what its digest says. Nothing was started; use another backup.");
            }
        }
        catch (Exception e) when (ArchiveReader.IsDamage(e))
        {
            throw ArchiveReader.Cut(reader.Location, e);
        }

        progress.Finish();
    }

    private async Task<(long Size, string Sha256)> SetAsideAsync(BackupReader reader, BackupEntry entry, CancellationToken cancellationToken)
    {
        var path = Path.Combine(Aside, entry.Name!);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using var file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite);
        try
        {
            await entry.Content!.CopyToAsync(file, cancellationToken);
        }
        catch (Exception e) when (ArchiveReader.IsDamage(e))
        {
            throw ArchiveReader.Cut(reader.Location, e);
        }

        BackupWork.Sync(file);
        file.Position = 0;
        return (file.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken)));
    }

    private static void Require(BackupReader reader, BackupManifest manifest, Dictionary<string, (long Size, string Sha256)> files)
    {
        foreach (var file in manifest.Files)
        {
            if (!files.TryGetValue(file.Name, out var found) || !BackupCheck.IsAsWritten(file, found))
            {
                throw new StartupException($"{reader.Location} is damaged: {file.Path} is not as it was written. Nothing was started; use another backup.");
            }
        }
    }

    // Also what an archive was to bring: a blob that is not in it is not in the store.
    private async Task<IReadOnlyList<string>> FindMissingAsync(BackupReader reader, BackupManifest manifest, CancellationToken cancellationToken)
    {
        var missing = new List<string>(manifest.Missing);
        foreach (var blob in manifest.Blobs)
        {
            if (await installation.Blobs.FindSizeAsync(BlobCopy.KeyOf(blob), cancellationToken) == blob.Size)
            {
                continue;
            }

            if (manifest.HasBlobs)
            {
                throw new StartupException($"{reader.Location} is damaged: {FolderTarget.BlobsFolder}/{BlobCopy.KeyOf(blob)} is not whole in it. Nothing was started; use another backup.");
            }

            missing.Add(blob.Digest);
        }

        return missing;
    }

    private void PlaceKey(BackupManifest manifest)
    {
        var kept = Path.Combine(Aside, KeyName);
        var path = installation.Key.Path;
        if (path is not null && !File.Exists(path))
        {
            if (manifest.Files.All(static f => f.Name is not KeyName))
            {
                _left.Add($"The master key: put the one of this installation at {path} (mode 0600) before you start it.");
                return;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            SecretFiles.Write(path, File.ReadAllBytes(kept));
        }

        try
        {
            if (manifest.About.Key is { } expected && !string.Equals(installation.Key.Fingerprint, expected, StringComparison.Ordinal))
            {
                _left.Add($"The right master key: {installation.Key.Origin} is another than this installation had. Put the right one there before you start it.");
            }
        }
        catch (MasterKeyException e)
        {
            _left.Add($"The master key: {e.Message}");
        }
    }

    private async Task MarkStoreAsync(BackupManifest manifest, CancellationToken cancellationToken)
    {
        // One that bears the mark has gone on since the backup; its collector stands still until somebody has looked.
        if (await StoreMark.FindAsync(installation.Blobs, cancellationToken) is null)
        {
            var epoch = manifest.About.Databases.Max(static d => d.Epoch) ?? 0;
            await StoreMark.WriteAsync(installation.Blobs, new(manifest.About.Installation, epoch), cancellationToken);
        }
    }
}

/// <summary>What a restore has brought.</summary>
/// <param name="About">What the backup is of.</param>
/// <param name="Missing">Digests of blobs that rows speak of and that are nowhere.</param>
/// <param name="Left">What is left to do before a start, a sentence each.</param>
internal sealed record RestoreResult(BackupAbout About, IReadOnlyList<string> Missing, IReadOnlyList<string> Left);
