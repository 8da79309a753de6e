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
/// <remarks>
/// What is public here anybody may call at any time. The rounds run one after another in a single flow: it alone takes out of the
/// <see cref="WriteQueue"/>, has something committed (<see cref="EntryCommits"/>) and answers the callers.
/// </remarks>
internal sealed partial class RegistryWriter(
    WriteQueue queue,
    EntryCommits commits,
    EntryMemory memory,
    StorePatience patience,
    EntryStore store,
    Registry registry,
    IOptions<DiscoveryOptions> options,
    TimeProvider clock,
    ILogger<RegistryWriter> logger)
    : UpkeepService(clock, logger)
{
    private const int MaxBatch = 512;
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(500);
    private readonly ILogger _logger = logger;

    /// <summary>Whether other replicas write to the same database.</summary>
    public bool IsShared => store.IsShared;

    /// <summary>The revision up to which memory is complete.</summary>
    public long Applied => memory.Applied;

    /// <summary>Fills the memory at the start, before the rounds begin.</summary>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public Task LoadAsync(CancellationToken cancellationToken) => commits.LoadAsync(cancellationToken);

    /// <summary>Changes what is registered. The answer comes when the change is stored and seen.</summary>
    /// <param name="scopes">What it is about.</param>
    /// <param name="decide">Looks at memory and drafts the changes; runs alone and may run again. What it throws is thrown here.</param>
    /// <exception cref="StorageException">It could not be stored.</exception>
    public Task<T> WriteAsync<T>(Scope[] scopes, Func<Draft, T> decide)
    {
        var command = new WriteCommand<T>(scopes, decide);
        queue.Add(command);
        return command.Done;
    }

    /// <inheritdoc cref="WriteQueue.RequireDatabase"/>
    public void RequireDatabase() => queue.RequireDatabase();

    /// <summary>Reads something, as long as a write may wait.</summary>
    /// <exception cref="StorageException">The database does not answer, or not in time.</exception>
    public Task<T> WithPatienceAsync<T>(Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken) => patience.ReadAsync(read, cancellationToken);

    /// <summary>
    /// Takes over what other replicas have changed. A database that does not answer is no fault for who shows what memory holds; who would say
    /// that something is missing cannot know it then.
    /// </summary>
    /// <returns>Why memory may lack something; null when it holds all that was stored before the call.</returns>
    public Task<StorageException?> CatchUpAsync() => IsShared ? queue.CatchUpAsync() : Task.FromResult<StorageException?>(null);

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
        if (queue.TryAdd(errand))
        {
            await errand.Done;
        }
    }

    protected override TimeSpan Period => TimeSpan.Zero;

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        using var stopping = stoppingToken.UnsafeRegister(static queue => ((WriteQueue)queue!).Close(), queue);
        var commands = new List<WriteCommand>(MaxBatch);
        while (commands.Count > 0 || await AwaitCommandsAsync())
        {
            queue.TakeInto(commands, MaxBatch);
            commands = await CommitAsync(commands);
            if (queue.Away is { } away)
            {
                commands.ForEach(command => command.Fail(away));
                commands.Clear();
                await AwaitDatabaseAsync(stoppingToken);
            }
        }
    }

    // Memory that may be wrong is not left so until somebody writes.
    private async Task<bool> AwaitCommandsAsync()
    {
        var more = queue.WaitAsync();
        if (!commits.IsUncertain)
        {
            return await more;
        }

        var waiting = more.AsTask();
        while (commits.IsUncertain)
        {
            await Task.WhenAny(waiting, Task.Delay(s_retry, Clock));
            if (waiting.IsCompleted)
            {
                break;
            }

            await commits.TryReloadAsync();
        }

        return await waiting;
    }

    /// <summary>Answers the commands, and hands back those that have to wait for the next commit.</summary>
    private async Task<List<WriteCommand>> CommitAsync(List<WriteCommand> commands)
    {
        var (batch, fault, isAway) = await commits.CommitAsync(commands);
        if (fault is not null)
        {
            // Before anybody hears of it: who tries again at once is told at once.
            queue.Away = isAway ? fault : null;
        }

        if (batch is null)
        {
            commands.ForEach(command => command.Fail(fault!));
            return [];
        }

        // Who changes nothing needs no database.
        batch.Unchanging.ForEach(static command => command.Complete());
        if (fault is null)
        {
            batch.Changing.ForEach(static command => command.Complete());
        }
        else
        {
            batch.Changing.ForEach(command => command.Fail(fault));
        }

        return batch.Postponed;
    }

    // Until it answers nobody is let in; those who were are told at once.
    private async Task AwaitDatabaseAsync(CancellationToken stoppingToken)
    {
        while (queue.Away is { } away)
        {
            queue.Fail(away);
            if (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(s_retry, Clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (await commits.TryReturnAsync())
            {
                queue.Away = null;
                LogDatabaseBack();
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "The registry's database answers again")]
    private partial void LogDatabaseBack();
}
