using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Background;
using Stagedoor.Discovery.Memory;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Log;

/// <summary>
/// The one who changes what is registered. It takes all writes that are waiting, decides them on what is stored, stores them in one commit,
/// and then takes them over into memory; so what is seen is stored, and one commit serves many callers. With several replicas the head's
/// row lock puts the commits of all in one order, and each takes over the others' before its own.
/// </summary>
internal sealed partial class RegistryWriter(
    EntryStore store, EntryKinds kinds, Registry registry, IOptions<DiscoveryOptions> options, TimeProvider clock, ILogger<RegistryWriter> logger)
    : UpkeepService(clock, logger)
{
    /// <summary>So many writes may wait; one more is refused.</summary>
    public const int MaxWaiting = 16_384;

    private const int MaxBatch = 512;
    private const int MaxGivenUp = 4;
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(500);
    private readonly ILogger _logger = logger;
    private readonly TimeSpan _patience = TimeSpan.FromSeconds(options.Value.StoreTimeoutSeconds);
    private readonly Channel<WriteCommand> _waiting = Channel.CreateBounded<WriteCommand>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly Lock _memory = new();
    private readonly List<Task> _givenUp = [];
    private Errand? _catchUp;
    private long _applied;
    private int _round;

    // The database is away, and that is known: nobody waits for it. Only where others share it; a file of our own answers at once.
    private volatile StorageException? _away;

    // A commit's end was not seen; whether it was kept is found out before the next one.
    private bool _isInDoubt;

    // Rows were being taken over when something failed; memory is read anew before anything is decided on it.
    private bool _isTorn;

    /// <summary>Whether other replicas write to the same database.</summary>
    public bool IsShared => store.IsShared;

    /// <summary>The revision up to which memory is complete.</summary>
    public long Applied => Volatile.Read(ref _applied);

    /// <summary>Fills the memory at the start.</summary>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var (head, rows) = await store.ReadAllAsync(cancellationToken);
        Replace(rows, head.Revision);
    }

    /// <summary>Changes what is registered. The answer comes when the change is stored and seen.</summary>
    /// <param name="scopes">What it is about.</param>
    /// <param name="decide">Looks at memory and drafts the changes; runs alone and may run again. What it throws is thrown here.</param>
    /// <exception cref="StorageException">It could not be stored.</exception>
    public Task<T> WriteAsync<T>(Scope[] scopes, Func<Draft, T> decide)
    {
        if (_away is { } away)
        {
            throw Again(away);
        }

        var command = new WriteCommand<T>(scopes, decide);
        return _waiting.Writer.TryWrite(command) ? command.Done : throw Refusal();
    }

    /// <summary>Whether the database is known to be away: then memory is what there is, and nothing can be stored.</summary>
    /// <exception cref="StorageException">It is.</exception>
    public void RequireDatabase()
    {
        if (_away is { } away)
        {
            throw Again(away);
        }
    }

    /// <summary>Reads something, as long as a write may wait.</summary>
    /// <exception cref="StorageException">The database does not answer, or not in time.</exception>
    public async Task<T> WithPatienceAsync<T>(Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            return await read(CancellationToken.None).WaitAsync(_patience, Clock, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw TooSlow(e);
        }
    }

    /// <summary>
    /// Takes over what other replicas have changed. A database that does not answer is no fault for who shows what memory holds; who would say
    /// that something is missing cannot know it then.
    /// </summary>
    /// <returns>Why memory may lack something; null when it holds all that was stored before the call.</returns>
    public async Task<StorageException?> CatchUpAsync()
    {
        if (!IsShared)
        {
            return null;
        }

        if (_away is { } away)
        {
            return Again(away);
        }

        // One look serves all who want one before it begins.
        var fresh = new Errand(static () => { });
        var command = Interlocked.CompareExchange(ref _catchUp, fresh, null) ?? fresh;
        if (ReferenceEquals(command, fresh) && !_waiting.Writer.TryWrite(fresh))
        {
            Interlocked.CompareExchange(ref _catchUp, null, fresh);
            var refusal = Refusal();
            fresh.Fail(refusal);
            return refusal;
        }

        try
        {
            await command.Done;
            return null;
        }
        catch (StorageException fault)
        {
            return Again(fault);
        }
    }

    /// <summary>Takes over what other replicas have changed, before something that memory does not hold is said to be missing.</summary>
    /// <exception cref="StorageException">The database does not answer, so nobody knows.</exception>
    public async Task RequireCurrentAsync()
    {
        if (await CatchUpAsync() is { } fault)
        {
            throw fault;
        }
    }

    /// <summary>Forgets names under which nothing is registered any more; where nobody else changes memory meanwhile.</summary>
    /// <param name="now">The time in milliseconds.</param>
    public async Task TidyAsync(long now)
    {
        var errand = new Errand(() => registry.Tidy(now, 1_000L * options.Value.MaxWaitSeconds));
        if (_away is null && _waiting.Writer.TryWrite(errand))
        {
            await errand.Done;
        }
    }

    protected override TimeSpan Period => TimeSpan.Zero;

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        using var stopping = stoppingToken.UnsafeRegister(state => ((ChannelWriter<WriteCommand>)state!).TryComplete(), _waiting.Writer);
        var commands = new List<WriteCommand>(MaxBatch);
        while (commands.Count > 0 || await AwaitCommandsAsync())
        {
            while (commands.Count < MaxBatch && _waiting.Reader.TryRead(out var command))
            {
                if (command is Errand errand)
                {
                    Interlocked.CompareExchange(ref _catchUp, null, errand);
                }

                commands.Add(command);
            }

            commands = await CommitAsync(commands);
            if (_away is not null)
            {
                commands.ForEach(command => command.Fail(_away));
                commands.Clear();
                await AwaitDatabaseAsync(stoppingToken);
            }
        }
    }

    // Memory that may be wrong is not left so until somebody writes.
    private async Task<bool> AwaitCommandsAsync()
    {
        var more = _waiting.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
        while (_isTorn || (_isInDoubt && !IsShared))
        {
            await Task.WhenAny(more, Task.Delay(s_retry, Clock));
            if (more.IsCompleted)
            {
                break;
            }

            await TryReloadAsync();
        }

        return await more;
    }

    /// <summary>Answers the commands, and hands back those that have to wait for the next commit. Never throws: the writer must not end.</summary>
    private async Task<List<WriteCommand>> CommitAsync(List<WriteCommand> commands)
    {
        WriteBatch? batch = null;
        var isStored = false;
        try
        {
            if (_isTorn)
            {
                await ReloadAsync();
            }

            long revision;
            (batch, revision) = IsShared ? await WithinAsync(round => CommitSharedAsync(commands, round)) : await CommitAloneAsync(commands, b => batch = b);
            isStored = true;
            TakeOver(batch.Rows, revision);
            Answer(batch.Unchanging);
            Answer(batch.Changing);
            return batch.Postponed;
        }
#pragma warning disable CA1031 // Whatever it was, the callers hear of it, and the writer goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogCommitFailed(e, commands.Count);
            if (isStored && batch is not null && await TryReloadAsync())
            {
                // What they asked for is stored, and is seen now.
                Answer(batch.Unchanging);
                Answer(batch.Changing);
                return batch.Postponed;
            }

            _isInDoubt = true;
            var fault = e as StorageException
                ?? new StorageException(StorageSource.Database, StorageFault.Unavailable, e is OperationCanceledException ? "The database did not answer in time." : e.Message, e);
            _away = IsShared && fault.Fault is StorageFault.Unavailable && e is (StorageException or OperationCanceledException) ? fault : null;
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

    private StorageException Refusal() => new(
        StorageSource.Database,
        StorageFault.Unavailable,
        _waiting.Reader.Completion.IsCompleted ? "The registry is shutting down." : $"{MaxWaiting} registry writes wait for the database already.");

    // Of its own, so that the trace of one caller does not grow into that of another.
    private static StorageException Again(StorageException fault) => new(fault.Store, fault.Fault, fault.Message, fault.InnerException);

    // Until it answers nobody is let in; those who were are told at once.
    private async Task AwaitDatabaseAsync(CancellationToken stoppingToken)
    {
        while (_away is { } away)
        {
            while (_waiting.Reader.TryRead(out var command))
            {
                command.Fail(away);
            }

            Volatile.Write(ref _catchUp, null);
            if (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(s_retry, Clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _givenUp.RemoveAll(static task => task.IsCompleted);
            if (_givenUp.Count >= MaxGivenUp)
            {
                continue;
            }

            try
            {
                await (_isTorn ? ReloadAsync() : WithinAsync(CatchUpAsync));
                _away = null;
                LogDatabaseBack();
            }
            catch (StorageException)
            {
                // Still away.
            }
        }
    }

    /// <summary>
    /// Runs something on the shared database for as long as a write may wait, and then gives it up: with a link that carries nothing the driver
    /// can take minutes to end a statement, and cancelling it blocks a thread for as long. What was given up may go on where it stood when the
    /// link carries again; so it looks at its round before it touches memory.
    /// </summary>
    /// <exception cref="StorageException">The database failed, or did not answer in time.</exception>
    private async Task<T> WithinAsync<T>(Func<int, Task<T>> work)
    {
        var task = work(_round);
        try
        {
            return await task.WaitAsync(_patience, Clock);
        }
        catch (TimeoutException e) when (!task.IsCompleted)
        {
            lock (_memory)
            {
                _round++;
            }

            _givenUp.Add(task);
            throw TooSlow(e);
        }
    }

    // Inside the lock of memory.
    private void RequireRound(int round)
    {
        if (round != _round)
        {
            throw new StorageException(StorageSource.Database, StorageFault.Unavailable, "It was given up meanwhile.");
        }
    }

    private static StorageException TooSlow(Exception fault) =>
        new(StorageSource.Database, StorageFault.Unavailable, "The database did not answer in time.", fault);

    private async Task ReloadAsync()
    {
        if (!IsShared)
        {
            using var patience = new CancellationTokenSource(_patience, Clock);
            await LoadAsync(patience.Token);
            return;
        }

        await WithinAsync(async round =>
        {
            var (head, rows) = await store.ReadAllAsync(CancellationToken.None);
            lock (_memory)
            {
                RequireRound(round);
                Replace(rows, head.Revision);
            }

            return true;
        });
    }

    private async Task<bool> TryReloadAsync()
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

    private void Replace(IReadOnlyList<EntryRow> rows, long revision)
    {
        _isTorn = true;
        kinds.Replace(rows);
        Volatile.Write(ref _applied, revision);
        (_isTorn, _isInDoubt) = (false, false);
    }

    // From the first row to the last memory is neither what it was nor what is stored.
    private void TakeOver(IReadOnlyList<EntryRow> rows, long revision)
    {
        _isTorn = true;
        kinds.Apply(rows);
        Volatile.Write(ref _applied, revision);
        _isTorn = false;
    }

    private static void Answer(List<WriteCommand> commands) => commands.ForEach(static command => command.Complete());

    private async Task<(WriteBatch Batch, long Revision)> CommitAloneAsync(List<WriteCommand> commands, Action<WriteBatch> decided)
    {
        using var patience = new CancellationTokenSource(_patience, Clock);
        if (_isInDoubt)
        {
            await SettleAsync(patience.Token);
        }

        var batch = WriteBatch.Decide(commands, _applied + 1);
        decided(batch);
        if (batch.Rows.Count == 0)
        {
            return (batch, _applied);
        }

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
            patience.Token);
        return (batch, head.Revision);
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

    private async Task<(WriteBatch Batch, long Revision)> CommitSharedAsync(List<WriteCommand> commands, int round)
    {
        if (commands.TrueForAll(static c => c is Errand))
        {
            await CatchUpAsync(round);
            return (WriteBatch.Decide(commands, _applied + 1), _applied);
        }

        return await store.TransactAsync(
            async session =>
            {
                // It may run again: what the others did is taken over once, and the commands are decided on it anew.
                var head = await EntryStore.TakeHeadAsync(session);
                if (head.Revision - 1 != _applied)
                {
                    await TakeOverAsync(head, await EntryStore.ReadSinceAsync(session, _applied), head.Revision - 1, round);
                }

                WriteBatch batch;
                lock (_memory)
                {
                    RequireRound(round);
                    batch = WriteBatch.Decide(commands, head.Revision);
                }

                if (batch.Rows.Count > 0)
                {
                    await store.WriteAsync(session, batch.Rows);
                }

                lock (_memory)
                {
                    RequireRound(round);
                }

                return (batch, head.Revision);
            },
            CancellationToken.None);
    }

    private async Task<bool> CatchUpAsync(int round)
    {
        var (head, rows) = await store.ReadSinceAsync(_applied, CancellationToken.None);
        await TakeOverAsync(head, rows, head.Revision, round);
        return true;
    }

    private async Task TakeOverAsync(Head head, IReadOnlyList<EntryRow> rows, long revision, int round)
    {
        // Away for so long that the traces of some deletions are gone?
        var all = head.Purged > _applied ? (await store.ReadAllAsync(CancellationToken.None)).Rows : null;
        lock (_memory)
        {
            RequireRound(round);
            if (all is not null)
            {
                Replace(all, revision);
            }
            else
            {
                TakeOver(rows, revision);
                _isInDoubt = false;
            }
        }
    }

    /// <summary>Waits until what others did is seen, and then does something that stores nothing.</summary>
    private sealed class Errand(Action work) : WriteCommand([])
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Done => _done.Task;

        public override void Decide(Draft draft) => work();

        public override void Complete() => _done.TrySetResult();

        public override void Fail(Exception fault) => _done.TrySetException(fault);
    }

    [LoggerMessage(LogLevel.Error, "A commit of {Count} registry writes failed")]
    private partial void LogCommitFailed(Exception exception, int count);

    [LoggerMessage(LogLevel.Error, "The registry could not be read anew; it is tried again before the next write")]
    private partial void LogReloadFailed(Exception exception);

    [LoggerMessage(LogLevel.Information, "The registry's database answers again")]
    private partial void LogDatabaseBack();
}
