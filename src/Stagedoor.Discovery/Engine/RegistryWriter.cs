using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Background;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Engine;

/// <summary>
/// The one who changes what is registered. It takes all writes that are waiting, decides them on what is stored, stores them in one commit,
/// and then takes them over into memory; so what is seen is stored, and one commit serves many callers. With several replicas the head's
/// row lock puts the commits of all in one order, and each takes over the others' before its own.
/// </summary>
internal sealed partial class RegistryWriter(
    EntryStore store, EntryKinds kinds, IOptions<DiscoveryOptions> options, TimeProvider clock, ILogger<RegistryWriter> logger)
    : UpkeepService(clock, logger)
{
    private const int MaxBatch = 512;
    private readonly ILogger _logger = logger;
    private readonly TimeSpan _patience = TimeSpan.FromSeconds(options.Value.StoreTimeoutSeconds);
    private readonly Channel<WriteCommand> _waiting = Channel.CreateUnbounded<WriteCommand>(new() { SingleReader = true });
    private long _applied;
    private bool _isInDoubt;

    /// <summary>Whether other replicas write to the same database.</summary>
    public bool IsShared => store.IsShared;

    /// <summary>The revision up to which memory is complete.</summary>
    public long Applied => Volatile.Read(ref _applied);

    /// <summary>Fills the memory at the start.</summary>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var (head, rows) = await store.ReadAllAsync(cancellationToken);
        kinds.Replace(rows);
        Volatile.Write(ref _applied, head.Revision);
    }

    /// <summary>Changes what is registered. The answer comes when the change is stored and seen.</summary>
    /// <param name="scopes">What it is about.</param>
    /// <param name="decide">Looks at memory and drafts the changes; runs alone and may run again. What it throws is thrown here.</param>
    /// <exception cref="StorageException">It could not be stored.</exception>
    public Task<T> WriteAsync<T>(Scope[] scopes, Func<Draft, T> decide)
    {
        var command = new WriteCommand<T>(scopes, decide);
        return _waiting.Writer.TryWrite(command)
            ? command.Done
            : throw new StorageException(StorageSource.Database, StorageFault.Unavailable, "The registry is shutting down.");
    }

    /// <summary>Takes over what other replicas have changed. A database that does not answer is no fault: then memory is what there is.</summary>
    public async Task CatchUpAsync()
    {
        if (!IsShared)
        {
            return;
        }

        try
        {
            var command = new CatchUp();
            if (_waiting.Writer.TryWrite(command))
            {
                await command.Done;
            }
        }
        catch (StorageException e)
        {
            LogCatchUpFailed(e);
        }
    }

    protected override TimeSpan Period => TimeSpan.Zero;

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        using var stopping = stoppingToken.UnsafeRegister(state => ((ChannelWriter<WriteCommand>)state!).TryComplete(), _waiting.Writer);
        var commands = new List<WriteCommand>(MaxBatch);
        while (commands.Count > 0 || await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            while (commands.Count < MaxBatch && _waiting.Reader.TryRead(out var command))
            {
                commands.Add(command);
            }

            commands = await CommitAsync(commands);
        }
    }

    /// <summary>Answers the commands, and hands back those that have to wait for the next commit. Never throws: the writer must not end.</summary>
    private async Task<List<WriteCommand>> CommitAsync(List<WriteCommand> commands)
    {
        WriteBatch? batch = null;
        try
        {
            using var patience = new CancellationTokenSource(_patience, Clock);
            batch = IsShared ? await CommitSharedAsync(commands, patience.Token) : await CommitAloneAsync(commands, b => batch = b, patience.Token);
            kinds.Apply(batch.Rows);
            Answer(batch.Unchanging);
            Answer(batch.Changing);
            return batch.Postponed;
        }
#pragma warning disable CA1031 // Whatever it was, the callers hear of it, and the writer goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _isInDoubt = true;
            var fault = e as StorageException
                ?? new StorageException(StorageSource.Database, StorageFault.Unavailable, e is OperationCanceledException ? "The database did not answer in time." : e.Message, e);
            LogCommitFailed(e, commands.Count);
            if (batch is null)
            {
                commands.ForEach(command => command.Fail(fault));
                return [];
            }

            // Who changes nothing needs no database.
            Answer(batch.Unchanging);
            batch.Changing.ForEach(command => command.Fail(fault));
            return batch.Postponed;
        }
    }

    private static void Answer(List<WriteCommand> commands) => commands.ForEach(static command => command.Complete());

    private async Task<WriteBatch> CommitAloneAsync(List<WriteCommand> commands, Action<WriteBatch> decided, CancellationToken cancellationToken)
    {
        if (_isInDoubt)
        {
            await SettleAsync(cancellationToken);
        }

        var batch = WriteBatch.Decide(commands, _applied + 1);
        decided(batch);
        if (batch.Rows.Count > 0)
        {
            var head = await store.TransactAsync(
                async session =>
                {
                    var taken = await EntryStore.TakeHeadAsync(session);
                    if (taken.Revision != _applied + 1)
                    {
                        // A commit whose end was not seen has been kept after all: it has to be taken over first.
                        throw new StorageException(StorageSource.Database, StorageFault.Unavailable, "The registry has to read its database anew.");
                    }

                    await store.WriteAsync(session, batch.Rows);
                    return taken;
                },
                cancellationToken);
            Volatile.Write(ref _applied, head.Revision);
        }

        return batch;
    }

    // After a fault nobody knows whether the commit before it was kept.
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (head, _) = await store.ReadSinceAsync(long.MaxValue, cancellationToken);
            if (head.Revision != _applied)
            {
                await LoadAsync(cancellationToken);
            }

            _isInDoubt = false;
        }
        catch (StorageException)
        {
            // Still away. Whoever changes nothing is answered from memory all the same; the rest will hear of it.
            return;
        }
    }

    private async Task<WriteBatch> CommitSharedAsync(List<WriteCommand> commands, CancellationToken cancellationToken)
    {
        if (commands.TrueForAll(static c => c is CatchUp))
        {
            var (head, rows) = await store.ReadSinceAsync(_applied, cancellationToken);
            await TakeOverAsync(head, rows, head.Revision, cancellationToken);
            return WriteBatch.Decide(commands, _applied + 1);
        }

        var (committed, stored) = await store.TransactAsync(
            async session =>
            {
                var head = await EntryStore.TakeHeadAsync(session);
                if (head.Revision - 1 != _applied)
                {
                    await TakeOverAsync(head, await EntryStore.ReadSinceAsync(session, _applied), head.Revision - 1, cancellationToken);
                }

                var batch = WriteBatch.Decide(commands, head.Revision);
                if (batch.Rows.Count > 0)
                {
                    await store.WriteAsync(session, batch.Rows);
                }

                return (batch, head.Revision);
            },
            cancellationToken);
        Volatile.Write(ref _applied, stored);
        return committed;
    }

    private async Task TakeOverAsync(Head head, IReadOnlyList<EntryRow> rows, long revision, CancellationToken cancellationToken)
    {
        if (head.Purged > _applied)
        {
            // Away for so long that the traces of some deletions are gone.
            var (_, all) = await store.ReadAllAsync(cancellationToken);
            kinds.Replace(all);
        }
        else
        {
            kinds.Apply(rows);
        }

        Volatile.Write(ref _applied, revision);
        _isInDoubt = false;
    }

    /// <summary>Waits until what others did is seen.</summary>
    private sealed class CatchUp() : WriteCommand([])
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Done => _done.Task;

        public override void Decide(Draft draft)
        {
        }

        public override void Complete() => _done.TrySetResult();

        public override void Fail(Exception fault) => _done.TrySetException(fault);
    }

    [LoggerMessage(LogLevel.Error, "A commit of {Count} registry writes failed")]
    private partial void LogCommitFailed(Exception exception, int count);

    [LoggerMessage(LogLevel.Warning, "Changes of other replicas cannot be read; answering from memory")]
    private partial void LogCatchUpFailed(Exception exception);
}
