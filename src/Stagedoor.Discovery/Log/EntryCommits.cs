using Microsoft.Extensions.Logging;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Log;

/// <summary>
/// Decides writes on what is stored, stores them in one commit, and takes them over into memory; and clears up what a commit leaves behind whose end
/// was not seen. Called by <see cref="RegistryWriter"/> alone, one call at a time. Other replicas' commits come in between: on a shared database the
/// lock on the head's row keeps them out from the decision to the commit.
/// </summary>
internal sealed partial class EntryCommits(EntryStore store, EntryMemory memory, StorePatience patience, ILogger<EntryCommits> logger)
{
    // Another replica has kept the head for longer than a write waits: who reads is not in the way of that.
    private bool _isHeadKept;

    /// <summary>Whether memory may be wrong, so that it should not stay so until somebody writes.</summary>
    public bool IsUncertain => memory.IsTorn || (memory.IsInDoubt && !store.IsShared);

    /// <summary>Stores the commands that do not get into each other's way. Never throws: the writer must not end.</summary>
    /// <returns>
    /// What was decided, null when nothing was; the fault when what changes something is not stored, as far as anybody knows; and whether the fault
    /// is that the shared database is away, or keeps all writes waiting.
    /// </returns>
    public async Task<(WriteBatch? Batch, StorageException? Fault, bool IsAway)> CommitAsync(List<WriteCommand> commands)
    {
        WriteBatch? batch = null;
        var isStored = false;
        try
        {
            if (memory.IsTorn)
            {
                await ReloadAsync();
            }

            long revision;
            (batch, revision) = store.IsShared ? await patience.WithinAsync(round => CommitSharedAsync(commands, round)) : await CommitAloneAsync(commands, b => batch = b);
            isStored = true;
            memory.TakeOver(batch.Rows, revision);
            return (batch, null, false);
        }
#pragma warning disable CA1031 // Whatever it was, the callers hear of it, and the writer goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogCommitFailed(e, commands.Count);
            if (isStored && await TryReloadAsync())
            {
                // What they asked for is stored, and is seen now.
                return (batch, null, false);
            }

            memory.Doubt();
            var fault = e as StorageException
                ?? new StorageException(StorageSource.Database, StorageFault.Unavailable, e is OperationCanceledException ? "The database did not answer in time." : e.Message, e);
            _isHeadKept = fault.Fault is StorageFault.Busy;
            return (batch, fault, store.IsShared && fault.Fault is StorageFault.Unavailable or StorageFault.Busy && e is (StorageException or OperationCanceledException));
        }
    }

    /// <summary>Fills the memory.</summary>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var (head, rows) = await store.ReadAllAsync(cancellationToken);
        memory.Replace(rows, head.Revision);
    }

    /// <summary>Reads memory anew; false when that failed, and is to be tried again.</summary>
    public async Task<bool> TryReloadAsync()
    {
        try
        {
            await ReloadAsync();
            return true;
        }
#pragma warning disable CA1031 // It is tried again before the next write.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogReloadFailed(e);
            return false;
        }
    }

    /// <summary>Follows the other replicas on a database that was away; false when it still is.</summary>
    public async Task<bool> TryReturnAsync()
    {
        if (!patience.MayBegin)
        {
            return false;
        }

        try
        {
            // Only a commit of its own tells that the head is free again.
            await (memory.IsTorn ? ReloadAsync() : _isHeadKept ? CommitNothingAsync() : patience.WithinAsync(CatchUpAsync));
            return true;
        }
        catch (StorageException)
        {
            return false;
        }
    }

    private async Task ReloadAsync()
    {
        if (!store.IsShared)
        {
            using var longest = patience.Begin();
            await LoadAsync(longest.Token);
            return;
        }

        await patience.WithinAsync(async round =>
        {
            var (head, rows) = await store.ReadAllAsync(CancellationToken.None);
            using (memory.Enter(round))
            {
                memory.Replace(rows, head.Revision);
            }

            return true;
        });
    }

    private async Task<(WriteBatch Batch, long Revision)> CommitAloneAsync(List<WriteCommand> commands, Action<WriteBatch> decided)
    {
        using var longest = patience.Begin();
        if (memory.IsInDoubt)
        {
            await SettleAsync(longest.Token);
        }

        var batch = WriteBatch.Decide(commands, memory.Applied + 1);
        decided(batch);
        if (batch.Rows.Count == 0)
        {
            return (batch, memory.Applied);
        }

        var head = await store.TransactAsync(
            async session =>
            {
                var taken = await store.TakeHeadAsync(session, patience.ForHead);
                if (taken.Revision != memory.Applied + 1)
                {
                    // A commit whose end was not seen has been kept after all: it has to be taken over first.
                    throw new StorageException(StorageSource.Database, StorageFault.Unavailable, "The registry has to read its database anew.");
                }

                await store.WriteAsync(session, batch.Rows);
                return taken;
            },
            longest.Token);
        return (batch, head.Revision);
    }

    // After a fault nobody knows whether the commit before it was kept.
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (head, _) = await store.ReadSinceAsync(long.MaxValue, cancellationToken);
            if (head.Revision != memory.Applied)
            {
                await LoadAsync(cancellationToken);
            }

            memory.Settle();
        }
        catch (StorageException)
        {
            // Still away. Whoever changes nothing is answered from memory all the same; the rest will hear of it.
            return;
        }
    }

    // From here on it may be work that was given up: it goes by its round.
    private async Task<(WriteBatch Batch, long Revision)> CommitSharedAsync(List<WriteCommand> commands, int round)
    {
        if (commands.TrueForAll(static c => c is Errand))
        {
            await CatchUpAsync(round);
            return (WriteBatch.Decide(commands, memory.Applied + 1), memory.Applied);
        }

        return await TakeTurnAsync(commands, round);
    }

    private Task<(WriteBatch Batch, long Revision)> TakeTurnAsync(List<WriteCommand> commands, int round) => store.TransactAsync(
        async session =>
        {
            // It may run again: what the others did is taken over once, and the commands are decided on it anew. What was given up meanwhile does not.
            memory.Enter(round).Dispose();
            var head = await store.TakeHeadAsync(session, patience.ForHead);
            if (head.Revision - 1 != memory.Applied)
            {
                await TakeOverAsync(head, await EntryStore.ReadSinceAsync(session, memory.Applied), head.Revision - 1, round);
            }

            WriteBatch batch;
            using (memory.Enter(round))
            {
                batch = WriteBatch.Decide(commands, head.Revision);
            }

            if (batch.Rows.Count > 0)
            {
                await store.WriteAsync(session, batch.Rows);
            }

            // Nobody waits for what was given up: it must not be stored either.
            memory.Enter(round).Dispose();
            return (batch, head.Revision);
        },
        CancellationToken.None);

    private async Task<bool> CommitNothingAsync()
    {
        var (batch, revision) = await patience.WithinAsync(round => TakeTurnAsync([], round));
        memory.TakeOver(batch.Rows, revision);
        return true;
    }

    private async Task<bool> CatchUpAsync(int round)
    {
        var (head, rows) = await store.ReadSinceAsync(memory.Applied, CancellationToken.None);
        await TakeOverAsync(head, rows, head.Revision, round);
        return true;
    }

    private async Task TakeOverAsync(Head head, IReadOnlyList<EntryRow> rows, long revision, int round)
    {
        // Away for so long that the traces of some deletions are gone?
        var all = head.Purged > memory.Applied ? (await store.ReadAllAsync(CancellationToken.None)).Rows : null;
        using (memory.Enter(round))
        {
            if (all is not null)
            {
                memory.Replace(all, revision);
            }
            else
            {
                memory.TakeOver(rows, revision);
                memory.Settle();
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "A commit of {Count} registry writes failed")]
    private partial void LogCommitFailed(Exception exception, int count);

    [LoggerMessage(LogLevel.Error, "The registry could not be read anew; it is tried again before the next write")]
    private partial void LogReloadFailed(Exception exception);
}
