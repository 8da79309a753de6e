using System.Reflection;

namespace Stagedoor.Storage;

/// <summary>Looks at the partitions of a module without changing them.</summary>
public static class PartitionCheck
{
    /// <summary>
    /// Looks whether each partition is this installation's, of this version or an older one, and as it was written, and whether one is gone that nobody has
    /// dropped. One that is not well says nothing of the others, and is no reason not to start.
    /// </summary>
    /// <exception cref="StorageException">The module's database cannot be asked.</exception>
    public static async Task<PartitionReport> ExamineAsync(
        IDatabaseEngine engine, string moduleName, Assembly migrations, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(engine);
        await using var module = new Db(engine.Open(moduleName));
        var isMade = await module.ExistsAsync(cancellationToken);
        var own = isMade ? await Installations.FindAsync(module, cancellationToken) : null;
        var problems = isMade ? await FindLossesAsync(engine, module, moduleName, cancellationToken) : [];
        var there = await engine.Partitions.ListAsync(moduleName, cancellationToken);
        foreach (var partition in there)
        {
            problems.AddRange(await FindProblemsAsync(engine, module, partition, own, migrations, cancellationToken));
        }

        return new(there.Count, problems);
    }

    /// <summary>Lets a partition that is lost for good be no loss any more.</summary>
    /// <returns>False when it is not lost.</returns>
    public static async Task<bool> ForgetLossAsync(IDatabaseEngine engine, string moduleName, string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(engine);
        var partition = new PartitionName(moduleName, name);
        await using var module = new Db(engine.Open(moduleName));
        await using var held = await module.LockAsync(Partitions.Lock, cancellationToken);
        var known = (await Installations.ListPartitionsAsync(module, cancellationToken))
            .FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.Ordinal));
        var isThere = (await engine.Partitions.ListAsync(moduleName, cancellationToken)).Contains(partition);
        if (isThere)
        {
            // An empty one is as good as none: whoever wants it makes it again.
            await using var db = new Db(engine.Partitions.Open(partition, Durability.Full));
            isThere = await Installations.IsMadeAsync(db, cancellationToken);
        }

        if (known is null || (isThere && known.Lost == 0))
        {
            return false;
        }

        if (isThere)
        {
            await Installations.NotePartitionAsync(module, name, isLost: false, cancellationToken);
        }
        else
        {
            await Installations.RemovePartitionAsync(module, name, cancellationToken);
        }

        return true;
    }

    private static async Task<List<string>> FindLossesAsync(IDatabaseEngine engine, Db module, string moduleName, CancellationToken cancellationToken)
    {
        var losses = await ReadLossesAsync(engine, module, moduleName, cancellationToken);
        if (losses.Count > 0)
        {
            // One that is being made or dropped this moment may look so.
            await using var held = await module.LockAsync(Partitions.Lock, cancellationToken);
            losses = await ReadLossesAsync(engine, module, moduleName, cancellationToken);
        }

        return losses;
    }

    private static async Task<List<string>> ReadLossesAsync(IDatabaseEngine engine, Db module, string moduleName, CancellationToken cancellationToken)
    {
        var known = await Installations.ListPartitionsAsync(module, cancellationToken);
        var there = (await engine.Partitions.ListAsync(moduleName, cancellationToken)).Select(static p => p.Name).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. known.Where(p => p.Lost != 0 || !there.Contains(p.Name))
                .Select(p => Lost(moduleName, p.Name, there.Contains(p.Name) ? "was gone; it began anew" : "is gone")),
        ];
    }

    private static string Lost(string moduleName, string name, string how) =>
        $"The partition {moduleName}/{name} was not dropped and {how}. Put back what it held, from where it went or from a backup; if that is lost for good, "
        + $"'stagedoor doctor --begin-anew {moduleName}/{name} --yes' says so.";

    // One that is being made has nothing in it yet, and is not known; one that is made again after a drop is not known any more.
    private static async Task<bool> IsEmptiedAsync(Db module, Db db, PartitionName partition, CancellationToken cancellationToken)
    {
        if (!await IsKnownAsync())
        {
            return false;
        }

        await using var held = await module.LockAsync(Partitions.Lock, cancellationToken);
        return await IsKnownAsync() && !await Installations.IsMadeAsync(db, cancellationToken);

        async Task<bool> IsKnownAsync() => (await Installations.ListPartitionsAsync(module, cancellationToken))
            .Any(p => string.Equals(p.Name, partition.Name, StringComparison.Ordinal) && p.Lost == 0);
    }

    private static async Task<IReadOnlyList<string>> FindProblemsAsync(
        IDatabaseEngine engine, Db module, PartitionName partition, InstallationMark? own, Assembly migrations, CancellationToken cancellationToken)
    {
        await using var db = new Db(engine.Partitions.Open(partition, Durability.Normal));
        var what = $"The partition {partition.Module}/{partition.Name}";
        try
        {
            if (!await Installations.IsMadeAsync(db, cancellationToken))
            {
                return await IsEmptiedAsync(module, db, partition, cancellationToken) ? [Lost(partition.Module, partition.Name, "is empty")] : [];
            }

            if (own is not null && await Installations.FindAsync(db, cancellationToken) is { } mark && !string.Equals(mark.Id, own.Id, StringComparison.Ordinal))
            {
                return [$"{what} bears the mark of another installation ({mark.Id}, not {own.Id}) and is not used. Put the right one in its place: {db.Location}."];
            }

            return await MigrationRunner.FindProblemAsync(db, migrations, cancellationToken) is { } newer ? [$"{what}: {newer}"]
                : [.. (await db.FindDamageAsync(cancellationToken)).Select(damage => $"{what}: {damage}")];
        }
        catch (StorageException e) when (e.Fault is StorageFault.Gone)
        {
            // It was dropped meanwhile.
            return [];
        }
        catch (StorageException e)
        {
            return [$"{what} cannot be read: {e.Message}"];
        }
    }
}

/// <summary>What was found of a module's partitions.</summary>
/// <param name="Count">How many are there.</param>
/// <param name="Problems">What is wrong with them, a sentence or two each.</param>
public sealed record PartitionReport(int Count, IReadOnlyList<string> Problems);
