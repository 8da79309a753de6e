using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Stagedoor.Storage.Sqlite;

/// <summary>A file per partition, in a folder per module beside the module's own file.</summary>
/// <remarks>
/// The file's own name is what makes a partition: it is renamed first when the partition is dropped, and only then removed. What a crash leaves
/// of that, and of a log whose file is gone, is removed before a partition of the name is made again.
/// </remarks>
internal sealed class SqlitePartitions(string folder, ILogger logger, TimeProvider clock) : IPartitionEngine
{
    private const string Dropped = ".dropped";
    private readonly Lock _gate = new();
    private readonly Dictionary<PartitionName, List<SqliteDatabase>> _open = [];

    public IDatabase Open(PartitionName partition, Durability durability)
    {
        var database = new SqliteDatabase(FilePath(partition), logger, clock, durability, isPartition: true);
        lock (_gate)
        {
            (CollectionsMarshal.GetValueRefOrAddDefault(_open, partition, out _) ??= []).Add(database);
        }

        database.Closed += (_, _) => Forget(partition, database);
        return database;
    }

    public async Task MakeAsync(PartitionName partition, CancellationToken cancellationToken)
    {
        var file = FilePath(partition);
        await TranslatedAsync(
            file,
            () =>
            {
                if (File.Exists(file))
                {
                    return;
                }

                Sweep(Directory.CreateDirectory(Path.GetDirectoryName(file)!));
                RemoveRests(file);

                // Empty, which is a database without tables.
                using var made = new FileStream(file, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1);
            },
            cancellationToken);
    }

    public async Task<IReadOnlyList<PartitionName>> ListAsync(string moduleName, CancellationToken cancellationToken)
    {
        var directory = Path.Combine(folder, moduleName);
        return await TranslatedAsync<IReadOnlyList<PartitionName>>(
            directory,
            () => !Directory.Exists(directory)
                ? []
                : [.. Directory.EnumerateFiles(directory, "*.db")
                    .Select(static file => Path.GetFileNameWithoutExtension(file))
                    .Where(PartitionName.Is)
                    .Order(StringComparer.Ordinal)
                    .Select(name => new PartitionName(moduleName, name))],
            cancellationToken);
    }

    public async Task<bool> DropAsync(PartitionName partition, CancellationToken cancellationToken)
    {
        var file = FilePath(partition);
        if (!File.Exists(file))
        {
            return false;
        }

        // None of this process opens the files any more, none writes, and the idle connections are closed. A read that has begun goes on
        // with what it has open; where an open file cannot be moved (Windows) the drop fails while it does.
        List<SqliteDatabase> open;
        lock (_gate)
        {
            open = [.. _open.GetValueOrDefault(partition, [])];
        }

        foreach (var database in open)
        {
            await database.RetireAsync();
        }

        await TranslatedAsync(
            file,
            () =>
            {
                File.Move(file, file + Dropped, overwrite: true);
                RemoveRests(file);
            },
            cancellationToken);
        return true;
    }

    private static void Sweep(DirectoryInfo directory)
    {
        foreach (var dropped in directory.EnumerateFiles("*" + Dropped))
        {
            var file = dropped.FullName[..^Dropped.Length];
            if (File.Exists(file))
            {
                dropped.Delete();
            }
            else
            {
                RemoveRests(file);
            }
        }
    }

    private static void RemoveRests(string file)
    {
        // The one by which the rest is found goes last.
        foreach (var rest in (string[])[file + "-shm", file + ".migrations.lock", file + "-wal", file + Dropped])
        {
            File.Delete(rest);
        }
    }

    private static Task<bool> TranslatedAsync(string path, Action work, CancellationToken cancellationToken) => TranslatedAsync(
        path,
        () =>
        {
            work();
            return true;
        },
        cancellationToken);

    private static async Task<T> TranslatedAsync<T>(string path, Func<T> work, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(work, cancellationToken);
        }
        catch (Exception e) when (SqliteFaults.Translate(e, path) is not null)
        {
            throw SqliteFaults.Translate(e, path)!;
        }
    }

    private void Forget(PartitionName partition, SqliteDatabase database)
    {
        lock (_gate)
        {
            if (_open.TryGetValue(partition, out var open) && open.Remove(database) && open.Count == 0)
            {
                _open.Remove(partition);
            }
        }
    }

    private string FilePath(PartitionName partition) => Path.Combine(folder, partition.Module, partition.Name + ".db");
}
