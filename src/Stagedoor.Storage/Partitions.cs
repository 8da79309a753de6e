using System.Reflection;

namespace Stagedoor.Storage;

/// <summary>
/// A module's data in parts that come and go whole, such as days. Making and dropping hold one lock per module, over all replicas, so that nobody
/// meets a partition that another is about to remove or to fill with tables.
/// </summary>
/// <param name="engine">Where the partitions are.</param>
/// <param name="moduleName">The module that they belong to.</param>
/// <param name="migrations">Holds the partitions' migrations, which are not the module's own.</param>
/// <param name="durability">What writes to them are worth.</param>
/// <param name="clock">Dates the migrations.</param>
public sealed class Partitions(IDatabaseEngine engine, string moduleName, Assembly migrations, Durability durability, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>The lock of a module's database that is held while a partition is made or dropped.</summary>
    public const string Lock = "partitions";

    // Opened for its lock, for the mark that the partitions have to bear as well, and for the list of them, by which a lost one is known.
    private readonly Db _module = new(engine.Open(moduleName));

    /// <summary>The partition, made when there is none, with its newest tables. The caller disposes it.</summary>
    /// <exception cref="ArgumentException">The name is none.</exception>
    /// <exception cref="StorageException">The database failed, or the partition is another installation's.</exception>
    public async Task<Db> MakeAsync(string name, CancellationToken cancellationToken)
    {
        var partition = new PartitionName(moduleName, name);
        await using var held = await _module.LockAsync(Lock, cancellationToken);
        await engine.Partitions.MakeAsync(partition, cancellationToken);
        return await OpenAsync(partition, cancellationToken);
    }

    /// <summary>The partition with its newest tables; null when there is none. The caller disposes it.</summary>
    /// <inheritdoc cref="MakeAsync" path="/exception"/>
    public async Task<Db?> FindAsync(string name, CancellationToken cancellationToken)
    {
        var partition = new PartitionName(moduleName, name);
        await using var held = await _module.LockAsync(Lock, cancellationToken);
        return (await engine.Partitions.ListAsync(moduleName, cancellationToken)).Contains(partition)
            ? await OpenAsync(partition, cancellationToken)
            : null;
    }

    /// <summary>The names of those that are there, in their order.</summary>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await engine.Partitions.ListAsync(moduleName, cancellationToken)).Select(static p => p.Name)];

    /// <summary>Removes the partition with all that it holds; false when there is none. Those who have it open are told that it is gone.</summary>
    public async Task<bool> DropAsync(string name, CancellationToken cancellationToken)
    {
        var partition = new PartitionName(moduleName, name);
        await using var held = await _module.LockAsync(Lock, cancellationToken);

        // First, so that one that is half dropped by a crash is not taken for lost.
        await Installations.RemovePartitionAsync(_module, name, cancellationToken);
        return await engine.Partitions.DropAsync(partition, cancellationToken);
    }

    public ValueTask DisposeAsync() => _module.DisposeAsync();

    private async Task<KnownPartition?> FindKnownAsync(PartitionName partition, CancellationToken cancellationToken) =>
        (await Installations.ListPartitionsAsync(_module, cancellationToken))
            .FirstOrDefault(known => string.Equals(known.Name, partition.Name, StringComparison.Ordinal));

    // A crash between the steps leaves a partition that the next one who opens it completes.
    private async Task<Db> OpenAsync(PartitionName partition, CancellationToken cancellationToken)
    {
        var db = new Db(engine.Partitions.Open(partition, durability));
        try
        {
            if (await Installations.FindAsync(_module, cancellationToken) is { } own)
            {
                var mark = await Installations.MarkAsync(db, own.Id, cancellationToken);
                if (!string.Equals(mark.Id, own.Id, StringComparison.Ordinal))
                {
                    throw new StorageException(
                        StorageSource.Database,
                        StorageFault.Unavailable,
                        $"{db.Location}: {partition} bears the mark of another installation ({mark.Id}, not {own.Id}).");
                }
            }

            var known = await FindKnownAsync(partition, cancellationToken);
            if (known is { Lost: 0 } && !await Installations.IsMadeAsync(db, cancellationToken))
            {
                // What comes is kept all the same; that what was is gone stays known.
                await Installations.NotePartitionAsync(_module, partition.Name, isLost: true, cancellationToken);
            }

            await MigrationRunner.RunAsync(db, migrations, clock, cancellationToken);
            if (known is null)
            {
                await Installations.NotePartitionAsync(_module, partition.Name, isLost: false, cancellationToken);
            }

            return db;
        }
        catch
        {
            await db.DisposeAsync();
            throw;
        }
    }
}
