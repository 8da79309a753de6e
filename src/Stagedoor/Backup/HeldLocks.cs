using System.Data.Common;
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

    /// <summary>Makes sure that every lock is still held: a session that the server has ended has given its own back, and nobody hears of it.</summary>
    /// <exception cref="StartupException">One is not.</exception>
    internal async Task RequireAsync(CancellationToken cancellationToken)
    {
        foreach (var session in _held.OfType<DbConnection>())
        {
            try
            {
                await using var command = session.CreateCommand();
                command.CommandText = "SELECT 1";
                await command.ExecuteScalarAsync(cancellationToken);
            }
            catch (Exception e) when (e is DbException or InvalidOperationException)
            {
                throw new StartupException(
                    "The database has ended the session that kept blobs from being collected: what was copied may lack some. The backup before is as it was; make this one again.", e);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        while (_held.TryPop(out var one))
        {
            await one.DisposeAsync();
        }
    }
}
