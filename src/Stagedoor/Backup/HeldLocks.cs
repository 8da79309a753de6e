using Stagedoor.Storage;

namespace Stagedoor.Backup;

/// <summary>Locks of an installation's databases, given back all at once. A process that is killed gives them back as well.</summary>
internal sealed class HeldLocks : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _held = [];

    /// <summary>Takes a lock, and waits for whoever has it.</summary>
    /// <param name="database">The database, which is closed with the lock.</param>
    /// <param name="name">The lock's name.</param>
    /// <param name="waits">Called when another has it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async Task AddAsync(IDatabase database, string name, Action waits, CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // It is disposed with the others.
        var db = new Db(database);
#pragma warning restore CA2000
        _held.Push(db);
        var taking = db.LockAsync(name, cancellationToken);
        if (await Task.WhenAny(taking, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken)) != taking)
        {
            waits();
        }

        _held.Push(await taking);
    }

    public async ValueTask DisposeAsync()
    {
        while (_held.TryPop(out var one))
        {
            await one.DisposeAsync();
        }
    }
}
