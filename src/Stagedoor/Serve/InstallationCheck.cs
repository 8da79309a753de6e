using Stagedoor.Http;
using Stagedoor.Storage;

namespace Stagedoor.Serve;

/// <summary>Looks, before a start changes anything, whether folder, databases and blob store belong together, and marks what does.</summary>
internal sealed class InstallationCheck(DataDirectory data, IDatabaseEngine engine, IBlobStore blobs, ModuleSet modules, IdSource ids)
    : IAsyncDisposable
{
    /// <summary>The database of accounts, which knows of the other parts.</summary>
    internal const string Gateway = "gateway";

    /// <summary>Its lock that every start holds until all databases are as its version wants them.</summary>
    internal const string Lock = "installation";

    private readonly Dictionary<string, Db> _databases = new(StringComparer.Ordinal);

    /// <summary>The installation that the parts belong to; known once it was entered.</summary>
    internal string Id { get; private set; } = "";

    /// <summary>It is older than the marks: its keys were shown long ago.</summary>
    internal bool IsUpgraded { get; private set; }

    private IEnumerable<ModuleDatabase> Others => modules.Databases.Where(static d => d.Name is not Gateway);

    /// <summary>What is there, without making anything.</summary>
    internal async Task<InstallationParts> ExamineAsync(CancellationToken cancellationToken)
    {
        var gateway = await Installations.ExamineAsync(Database(Gateway), modules.Databases.Single(static d => d.Name is Gateway).Evidence, cancellationToken);
        var found = new List<ModulePart>();
        foreach (var database in Others)
        {
            var state = await Installations.ExamineAsync(Database(database.Name), database.Evidence, cancellationToken);
            found.Add(new(database.Name, state, KeepsBlobs: database.Blobs is not null, database.IsLaterThanMarks));
        }

        var mark = await StoreMark.FindAsync(blobs, cancellationToken);
        var full = false;
        foreach (var objects in modules.All.Select(static m => m.Traits.Database?.Blobs).OfType<string>())
        {
            full = full || await blobs.ListAsync(objects, cancellationToken).AnyAsync(cancellationToken);
        }

        return new(
            data.InstallationId,
            File.Exists(Path.Combine(data.Root, FirstRunFile.Name)),
            gateway,
            found,
            new(blobs.Location, full, full, mark),
            gateway.Mark is null
                ? new HashSet<string>(StringComparer.Ordinal)
                : (await Installations.ListPartsAsync(Database(Gateway), cancellationToken)).ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>Keeps other replicas from starting meanwhile, and refuses parts that do not belong together.</summary>
    /// <exception cref="StartupException">A part is lost, empty or another installation's.</exception>
    internal async Task<IAsyncDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        var held = await Database(Gateway).LockAsync(Lock, cancellationToken);
        try
        {
            var parts = await ExamineAsync(cancellationToken);
            if (parts.FindProblem() is { } problem)
            {
                throw new StartupException(problem);
            }

            (Id, IsUpgraded) = (parts.Id ?? ids.NewId(), parts.Gateway is { Mark: null, HasContent: true });
            return held;
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    /// <summary>Marks every part. Comes after the tables were made; the gateway comes first, since it is asked for the others.</summary>
    internal async Task MarkAsync(CancellationToken cancellationToken)
    {
        var gateway = Database(Gateway);
        Id = (await Installations.MarkAsync(gateway, Id, cancellationToken)).Id;
        var epoch = 0L;
        foreach (var database in Others)
        {
            var mark = await Installations.MarkAsync(Database(database.Name), Id, cancellationToken);
            epoch = database.Blobs is not null ? Math.Max(epoch, mark.Epoch) : epoch;
            await Installations.AddPartAsync(gateway, database.Name, cancellationToken);
        }

        if (await StoreMark.FindAsync(blobs, cancellationToken) is null)
        {
            await StoreMark.WriteAsync(blobs, new(Id, epoch), cancellationToken);
        }

        await Installations.AddPartAsync(gateway, InstallationParts.Blobs, cancellationToken);
        blobs.Expect(Id);
    }

    /// <summary>
    /// Lets a part that is lost for good begin anew: it is no longer expected, and its mark is as old as none. What the others know of it stays.
    /// </summary>
    /// <returns>False when there is no such part to lose.</returns>
    internal async Task<bool> BeginAnewAsync(string part, CancellationToken cancellationToken)
    {
        await using var held = await Database(Gateway).LockAsync(Lock, cancellationToken);
        if (part.Split('/') is [var module, var partition])
        {
            return PartitionName.Is(partition)
                && modules.Databases.Any(d => d.Partitions is not null && string.Equals(d.Name, module, StringComparison.Ordinal))
                && await PartitionCheck.ForgetLossAsync(engine, module, partition, cancellationToken);
        }

        var parts = await ExamineAsync(cancellationToken);
        var isLost = string.Equals(part, InstallationParts.Blobs, StringComparison.Ordinal)
            ? parts.Store.Mark is null
            : parts.Modules.Any(m => string.Equals(m.Name, part, StringComparison.Ordinal) && m.State.Mark is null && !m.State.HasContent);
        if (!parts.Gateway.HasContent || !isLost)
        {
            return false;
        }

        // One from before the marks gets them for what is there.
        Id = (await Installations.MarkAsync(Database(Gateway), parts.Id ?? ids.NewId(), cancellationToken)).Id;
        foreach (var name in parts.Modules.Where(static m => m.State.IsMade).Select(static m => m.Name))
        {
            await Installations.AddPartAsync(Database(Gateway), name, cancellationToken);
        }

        await Installations.AddPartAsync(Database(Gateway), InstallationParts.Account, cancellationToken);
        await Installations.RemovePartAsync(Database(Gateway), part, cancellationToken);
        return true;
    }

    /// <summary>Notes that there is an account: from now on its absence is a loss.</summary>
    internal Task CompleteAsync(CancellationToken cancellationToken) =>
        Installations.AddPartAsync(Database(Gateway), InstallationParts.Account, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases.Values)
        {
            await database.DisposeAsync();
        }
    }

    private Db Database(string name)
    {
        if (!_databases.TryGetValue(name, out var database))
        {
            _databases.Add(name, database = new(engine.Open(name)));
        }

        return database;
    }
}
