using Stagedoor.Storage;

namespace Stagedoor.Discovery.Log;

/// <summary>
/// How far memory has followed the log: what is stored becomes visible here and nowhere else. Readers of the registry take no lock and see a change row
/// after row. Who changes it is <see cref="RegistryWriter"/>, one thing after another, and the work on a shared database that it has given up
/// (<see cref="StorePatience"/>), which may come back at any moment. So all such work enters with its round, and finds it over when it was given up;
/// the writer itself, when no such work of its round is under way, needs no lock.
/// </summary>
internal sealed class EntryMemory(EntryKinds kinds)
{
    private readonly Lock _gate = new();
    private long _applied;
    private int _round;

    /// <summary>The revision up to which memory is complete. For everybody.</summary>
    public long Applied => Volatile.Read(ref _applied);

    /// <summary>Rows were being taken over when something failed; memory is read anew before anything is decided on it.</summary>
    public bool IsTorn { get; private set; }

    /// <summary>A commit's end was not seen; whether it was kept is found out before the next one.</summary>
    public bool IsInDoubt { get; private set; }

    /// <summary>What the writer's present work on a shared database enters with.</summary>
    public int Round => _round;

    /// <summary>Keeps everybody else's hands off memory until the result is disposed.</summary>
    /// <exception cref="StorageException">The round is over: the work was given up, and something else goes on.</exception>
    public Lock.Scope Enter(int round)
    {
        var scope = _gate.EnterScope();
        if (round == _round)
        {
            return scope;
        }

        scope.Dispose();
        throw new StorageException(StorageSource.Database, StorageFault.Unavailable, "It was given up meanwhile.");
    }

    /// <summary>Ends the round: when this is done, what has entered with it is out of memory, and nothing enters with it any more.</summary>
    public void EndRound()
    {
        lock (_gate)
        {
            _round++;
        }
    }

    /// <summary>The last commit's end was not seen.</summary>
    public void Doubt() => IsInDoubt = true;

    /// <summary>It was not kept, or it is taken over.</summary>
    public void Settle() => IsInDoubt = false;

    /// <summary>Takes over changes.</summary>
    public void TakeOver(IReadOnlyList<EntryRow> rows, long revision)
    {
        // From the first row to the last memory is neither what it was nor what is stored.
        IsTorn = true;
        kinds.Apply(rows);
        Volatile.Write(ref _applied, revision);
        IsTorn = false;
    }

    /// <summary>Takes over all that is stored, whatever memory was before.</summary>
    public void Replace(IReadOnlyList<EntryRow> rows, long revision)
    {
        IsTorn = true;
        kinds.Replace(rows);
        Volatile.Write(ref _applied, revision);
        (IsTorn, IsInDoubt) = (false, false);
    }
}
