using System.Collections.Concurrent;

namespace Stagedoor.Storage;

/// <summary>What this process knows of its databases beside what each call is told: writes that failed last, and damage that was found.</summary>
/// <param name="clock">Tells how old a fault is; null for the system's.</param>
public sealed class DatabaseHealth(TimeProvider? clock = null)
{
    // Who holds a row is ended long before; when nobody has written since, it is not known any more.
    private static readonly TimeSpan s_heldFor = TimeSpan.FromSeconds(15);

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly ConcurrentDictionary<string, (StorageException Fault, long At)> _faults = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, IReadOnlyList<string>> _damage = new(StringComparer.Ordinal);
    private volatile bool _hasFaults;

    /// <summary>Why the module's last write failed; null when it did not.</summary>
    public StorageException? FindWriteFault(string moduleName) =>
        _faults.TryGetValue(moduleName, out var last) && !(last.Fault.Fault is StorageFault.Busy && _clock.GetElapsedTime(last.At) > s_heldFor) ? last.Fault : null;

    /// <summary>What is damaged in the module's database, a sentence each, as far as it has been looked for.</summary>
    public IReadOnlyList<string> FindDamage(string moduleName) => _damage.GetValueOrDefault(moduleName, []);

    /// <summary>Looks for damage, once in the life of this process; later calls answer what was found.</summary>
    public async Task<IReadOnlyList<string>> CheckOnceAsync(string moduleName, Db db, CancellationToken cancellationToken) =>
        _damage.TryGetValue(moduleName, out var known) ? known
            // Two that look at the same time find the same.
            : _damage.GetOrAdd(moduleName, await db.FindDamageAsync(cancellationToken));

    internal void NoteWritten(string moduleName)
    {
        if (_hasFaults && _faults.TryRemove(moduleName, out _))
        {
            _hasFaults = !_faults.IsEmpty;
        }
    }

    internal void NoteFault(string moduleName, StorageException? fault)
    {
        // A statement that was refused says nothing about the database.
        if (fault is { Fault: StorageFault.Unavailable or StorageFault.Busy or StorageFault.InputOutput or StorageFault.Full or StorageFault.Corrupt })
        {
            _faults[moduleName] = (fault, _clock.GetTimestamp());
            _hasFaults = true;
        }
    }
}
