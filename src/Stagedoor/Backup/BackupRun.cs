using Stagedoor.Content.Collection;
using Stagedoor.Identity.Secrets;
using Stagedoor.Serve;
using Stagedoor.Storage;
using Stagedoor.Storage.Sqlite;

namespace Stagedoor.Backup;

/// <summary>
/// Makes a backup beside the process that serves, or without one. Rows come before bytes: the databases first, then the blobs that their rows name, so that
/// what was acknowledged before the beginning is in it with all its bytes. Nothing is removed from the blob store meanwhile, since this holds the lock that every
/// collector needs; and no version is begun that would change the databases while they are copied.
/// </summary>
internal sealed class BackupRun(OpenedInstallation installation, BackupRequest request, BackupProgress progress, TimeProvider clock)
{
    private readonly List<string> _left = [];

    /// <exception cref="StartupException">It cannot be made; the one before is as it was.</exception>
    /// <exception cref="StorageException">A store failed; the same.</exception>
    internal async Task<BackupResult> MakeAsync(IBackupTarget target, IDatabaseSnapshot snapshot, CancellationToken cancellationToken)
    {
        var startedAt = clock.GetUtcNow();
        startedAt = startedAt.AddTicks(-(startedAt.Ticks % TimeSpan.TicksPerSecond));
        RequireLogs();
        await RequireBelongingAsync(target, cancellationToken);
        await using var held = new HeldLocks();
        foreach (var database in installation.Databases.Where(static d => d.Blobs is not null))
        {
            try
            {
                await held.AddAsync(installation.Engine.Open(database.Name), CollectorStore.Lock, WhileWaiting, cancellationToken);
            }
            catch (StorageException e) when (installation.Storage.Database is "sqlite" && e.InnerException is IOException or UnauthorizedAccessException)
            {
                throw new StartupException(
                    $"{installation.Data.Root} cannot be written: {StartFailure.Reason(e.InnerException)}. A backup keeps a lock there, so that no blob is removed meanwhile. "
                    + "The folder of an installation that nobody serves can also be copied as it is.",
                    e);
            }
        }

        progress.Say("Copying the databases");
        var folder = target.Begin(startedAt);
        var taken = await TakeAsync(snapshot, folder, cancellationToken);
        var about = await DescribeAsync(snapshot, taken, startedAt, cancellationToken);
        var blobs = await ListAsync(snapshot, taken, cancellationToken);
        var names = (await snapshot.WriteAsync(folder, cancellationToken)).ToList();
        if (names.Count == 0 && snapshot is PostgreSqlDump { Command: var command })
        {
            _left.Add($"The rows: they are in what you took before with {command}");
        }

        AddKey(folder, names);
        var files = await target.AddFilesAsync(about, names, cancellationToken);

        var copies = request.CopiesBlobs ?? installation.Storage.Blobs is not "s3";
        var counts = copies ? await CopyAsync(target, blobs, cancellationToken) : new();
        if (!copies)
        {
            _left.Add($"{blobs.Count} blobs, which are listed only: they stay in {installation.Blobs.Location}. '--blobs copy' takes them too.");
        }

        await held.RequireAsync(cancellationToken);
        var missing = counts.Missing.Order(StringComparer.Ordinal).ToList();
        var lost = missing.ToHashSet(StringComparer.Ordinal);
        var manifest = new BackupManifest(
            about, clock.GetUtcNow(), files, copies, [.. blobs.Where(b => !lost.Contains(b.Digest))], missing);
        await target.CompleteAsync(manifest, cancellationToken);
        progress.End();
        return new(manifest, target.Location, counts.Copied, counts.CopiedBytes, _left);
    }

    private void WhileWaiting() => progress.Say("Waiting: blobs are being collected, or another backup is being made");

    // A crash may have left a log that cannot be applied whole. The process that serves has looked at it when it started, and says so.
    private void RequireLogs()
    {
        if (installation.Storage.Database is not "sqlite" || DataDirectory.FindRunning(installation.Data.Root) is not null)
        {
            return;
        }

        foreach (var database in installation.Databases)
        {
            if (SqliteCopy.FindLogDamage(Path.Combine(installation.Data.Root, $"{database.Name}.db")) is { } damage)
            {
                progress.Say($"warning: {damage} The backup holds what is left.");
            }
        }
    }

    private async Task RequireBelongingAsync(IBackupTarget target, CancellationToken cancellationToken)
    {
        var id = installation.Data.InstallationId
            ?? throw new StartupException($"The installation in {installation.Data.Root} was never started to its end. Start it once, then back it up.");
        if (target.Last is { } last && !string.Equals(last.Installation, id, StringComparison.Ordinal))
        {
            throw new StartupException($"{target.Location} holds a backup of another installation ({last.Installation[..8]}, not {id[..8]}). Name another place.");
        }

        StoreMark.Require(installation.Blobs, id, await StoreMark.FindAsync(installation.Blobs, cancellationToken));
        installation.Blobs.Expect(id);
    }

    private async Task<IReadOnlyList<TakenDatabase>> TakeAsync(IDatabaseSnapshot snapshot, string folder, CancellationToken cancellationToken)
    {
        await using var held = new HeldLocks();
        await held.AddAsync(installation.Engine.Open(InstallationCheck.Gateway), InstallationCheck.Lock, WhileStarting, cancellationToken);
        var taken = await snapshot.TakeAsync([.. installation.Databases], folder, cancellationToken);
        return taken.Any(static t => t.Database.Name is InstallationCheck.Gateway)
            ? taken
            : throw new StartupException($"There are no accounts in {installation.Data.Root}: the database of the gateway is not there.");

        void WhileStarting() => progress.Say("Waiting: a process is starting");
    }

    private async Task<BackupAbout> DescribeAsync(
        IDatabaseSnapshot snapshot, IReadOnlyList<TakenDatabase> taken, DateTimeOffset startedAt, CancellationToken cancellationToken)
    {
        var id = installation.Data.InstallationId!;
        var databases = new List<BackupDatabase>();
        foreach (var (database, partition) in taken)
        {
            if (partition is not null)
            {
                databases.Add(new(database.Name, partition, null, null));
                continue;
            }

            var facts = await snapshot.ReadAsync(database.Name, connection => DatabaseFacts.ReadAsync(connection, snapshot.Engine), cancellationToken);
            if (facts.Mark is { } mark && !string.Equals(mark.Id, id, StringComparison.Ordinal))
            {
                throw new StartupException($"The database of {database.Name} belongs to another installation ({mark.Id[..8]}, not {id[..8]}). See 'stagedoor doctor'.");
            }

            databases.Add(new(database.Name, null, facts.Schema, database.Blobs is null ? null : facts.Mark?.Epoch));
        }

        return new(
            BackupAbout.ProductName, BackupAbout.NewestFormat, Build.Version, Build.Commit, id, startedAt, snapshot.Engine, databases, FindFingerprint());
    }

    private static async Task<IReadOnlyList<BackupBlob>> ListAsync(
        IDatabaseSnapshot snapshot, IReadOnlyList<TakenDatabase> taken, CancellationToken cancellationToken)
    {
        var blobs = new List<BackupBlob>();
        foreach (var database in taken.Where(static t => t is { Partition: null, Database.Blobs: not null }).Select(static t => t.Database))
        {
            var listed = await snapshot.ReadAsync(database.Name, DatabaseFacts.ListBlobsAsync, cancellationToken);
            blobs.AddRange(listed.Select(b => new BackupBlob(database.Blobs!.TrimEnd('/'), b.Digest, b.Size)));
        }

        return blobs;
    }

    private string? FindFingerprint()
    {
        try
        {
            return installation.Key.Fingerprint;
        }
        catch (MasterKeyException)
        {
            return null;
        }
    }

    private void AddKey(string folder, List<string> names)
    {
        const string Name = "master.key";
        if (installation.Key.Path is not { } path)
        {
            _left.Add("The master key: it stands in your settings (Gateway:MasterKey). Without it no secret of this backup can be read.");
        }
        else if (!request.WithKeys)
        {
            _left.Add($"The master key {path}: keep a copy of it apart. Without it no secret of this backup can be read, and a restored installation does not start. '--with-keys' takes it too.");
        }
        else
        {
            SecretFiles.Write(Path.Combine(folder, Name), File.ReadAllBytes(path));
            names.Add(Name);
        }
    }

    private async Task<Counts> CopyAsync(IBackupTarget target, IReadOnlyList<BackupBlob> blobs, CancellationToken cancellationToken)
    {
        progress.Say($"Copying {blobs.Count} blobs");
        progress.Begin(blobs.Count, blobs.Sum(static b => b.Size));
        var counts = new Counts();
        await Parallel.ForEachAsync(
            blobs,
            new ParallelOptions { MaxDegreeOfParallelism = target.Parallelism, CancellationToken = cancellationToken },
            async (blob, token) =>
            {
                if (await target.HasAsync(blob, token))
                {
                    progress.Finish(blob.Size);
                    return;
                }

                await using var content = await installation.Blobs.OpenAsync(BlobCopy.KeyOf(blob), 0, null, token);
                if (content is not null && await target.AddBlobAsync(blob, content, progress.Pass, token))
                {
                    counts.Add(blob.Size);
                }
                else
                {
                    counts.Miss(blob.Digest);
                    progress.Say($"warning: {blob.Digest} is {(content is null ? "missing" : "damaged")} in {installation.Blobs.Location}");
                }

                progress.Finish();
            });
        return counts;
    }

    private sealed class Counts
    {
        private readonly System.Collections.Concurrent.ConcurrentBag<string> _missing = [];
        private int _copied;
        private long _copiedBytes;

        internal int Copied => _copied;

        internal long CopiedBytes => _copiedBytes;

        internal IEnumerable<string> Missing => _missing;

        internal void Add(long size)
        {
            Interlocked.Increment(ref _copied);
            Interlocked.Add(ref _copiedBytes, size);
        }

        internal void Miss(string digest) => _missing.Add(digest);
    }
}
