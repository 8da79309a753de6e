using System.Threading.Channels;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Log;

/// <summary>
/// The writes that wait for their commit. Any number of callers put some in, at any time; <see cref="RegistryWriter"/> alone takes them out, and says
/// whether the database is there. What a caller puts in the moment that it turns out to be away is not lost: the writer answers it when it looks next.
/// </summary>
internal sealed class WriteQueue
{
    /// <summary>So many writes may wait; one more is refused.</summary>
    public const int MaxWaiting = 16_384;

    private readonly Channel<WriteCommand> _waiting = Channel.CreateBounded<WriteCommand>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private Errand? _catchUp;

    // The database is away, or another replica keeps all writes waiting, and that is known: nobody waits for it. Only where others share it; a file of
    // our own answers at once.
    private volatile StorageException? _away;

    /// <summary>Why nobody is let in; null while the database is not known to be away. Set by the writer.</summary>
    public StorageException? Away
    {
        get => _away;
        set => _away = value;
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

    /// <summary>Puts something in.</summary>
    /// <exception cref="StorageException">The database is away, too many wait already, or the process stops.</exception>
    public void Add(WriteCommand command)
    {
        RequireDatabase();
        if (!_waiting.Writer.TryWrite(command))
        {
            throw Refusal();
        }
    }

    /// <summary>Puts in what can be done another time; false when this is not the time.</summary>
    public bool TryAdd(WriteCommand command) => _away is null && _waiting.Writer.TryWrite(command);

    /// <summary>Waits until what was stored before the call is seen.</summary>
    /// <returns>Why it may not be seen; null when it is.</returns>
    public async Task<StorageException?> CatchUpAsync()
    {
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

    /// <summary>For the writer: whether something waits, as soon as it does; false when it was closed and nothing is left.</summary>
    public ValueTask<bool> WaitAsync() => _waiting.Reader.WaitToReadAsync(CancellationToken.None);

    /// <summary>For the writer: takes what waits, until there are so many.</summary>
    public void TakeInto(List<WriteCommand> commands, int max)
    {
        while (commands.Count < max && _waiting.Reader.TryRead(out var command))
        {
            // Whoever wants to catch up from now on cannot have it of this one, whose look begins before.
            if (command is Errand errand)
            {
                Interlocked.CompareExchange(ref _catchUp, null, errand);
            }

            commands.Add(command);
        }
    }

    /// <summary>For the writer: tells all who wait that it could not be.</summary>
    public void Fail(StorageException fault)
    {
        while (_waiting.Reader.TryRead(out var command))
        {
            command.Fail(fault);
        }

        Volatile.Write(ref _catchUp, null);
    }

    /// <summary>Lets nobody in any more. Who waits is still served.</summary>
    public void Close() => _waiting.Writer.TryComplete();

    private StorageException Refusal() => new(
        StorageSource.Database,
        StorageFault.Unavailable,
        _waiting.Reader.Completion.IsCompleted ? "The registry is shutting down." : $"{MaxWaiting} registry writes wait for the database already.");

    // Of its own, so that the trace of one caller does not grow into that of another.
    private static StorageException Again(StorageException fault) => new(fault.Store, fault.Fault, fault.Message, fault.InnerException);
}
